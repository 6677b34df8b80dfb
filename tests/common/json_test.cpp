#include "common/json.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::common {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("json: the order of the keys is kept", "[common]") {
  const std::string text = R"({"z":1,"a":[true,null,0.5],"m":{"y":"","b":-3}})";
  CHECK(parse_json(text, "test").dump() == text);
}

TEST_CASE("json: what is not JSON is a data error that names its place", "[common]") {
  for (const std::string text : {"", "{", "{\"a\":}", "nothing", "{} {}", "[1,]"}) {
    CAPTURE(text);
    CHECK_THROWS_MATCHES(parse_json(text, "here"), DataError,
                         MessageMatches(ContainsSubstring("[here] not valid JSON")));
  }
}

TEST_CASE("json: a file is read or named in the error", "[common]") {
  const tests::TempDir dir;
  write_file_atomically(dir.path() / "good.json", R"({"a": 1})");
  write_file_atomically(dir.path() / "bad.json", R"({"a": )");
  CHECK(json_get<int>(read_json(dir.path() / "good.json"), "a", "test") == 1);
  CHECK_THROWS_MATCHES(read_json(dir.path() / "bad.json"), DataError,
                       MessageMatches(ContainsSubstring("bad.json")));
  CHECK_THROWS_MATCHES(read_json(dir.path() / "none.json"), DataError,
                       MessageMatches(ContainsSubstring("none.json")));
}

TEST_CASE("json: a missing key and a wrong type are told apart", "[common]") {
  const Json json = parse_json(R"({"count": "three", "list": [1, 2]})", "test");
  CHECK(json_get<std::string>(json, "count", "here") == "three");
  CHECK(json_get<std::vector<int>>(json, "list", "here") == std::vector<int>({1, 2}));
  CHECK_THROWS_MATCHES(json_get<int>(json, "size", "here"), DataError,
                       MessageMatches(ContainsSubstring("[here] key 'size' is missing")));
  CHECK_THROWS_MATCHES(
      json_get<int>(json, "count", "here"), DataError,
      MessageMatches(ContainsSubstring("key 'count' has the wrong type; got \"three\"")));
  CHECK_THROWS_AS(json_get<std::string>(json, "list", "here"), DataError);
}

TEST_CASE("json: a whole number is neither a fraction nor one that does not fit", "[common]") {
  const Json json = parse_json(
      R"({"small": -3, "half": 2.5, "large": 3000000000, "huge": 1e30, "list": [1, 2.5]})", "test");
  CHECK(json_get<int>(json, "small", "here") == -3);
  CHECK(json_get<int64_t>(json, "large", "here") == 3000000000);
  CHECK(json_get<double>(json, "small", "here") == -3.0);
  CHECK(json_get<std::vector<double>>(json, "list", "here") == std::vector<double>({1, 2.5}));
  CHECK_THROWS_AS(json_get<uint64_t>(json, "small", "here"), DataError);
  CHECK_THROWS_AS(json_get<int>(json, "half", "here"), DataError);
  CHECK_THROWS_AS(json_get<int>(json, "large", "here"), DataError);
  CHECK_THROWS_AS(json_get<int64_t>(json, "huge", "here"), DataError);
  CHECK_THROWS_AS(json_get<std::vector<int>>(json, "list", "here"), DataError);
}

TEST_CASE("json: only an object has keys", "[common]") {
  for (const std::string text : {"[]", "7", "null", "\"count\""}) {
    CAPTURE(text);
    CHECK_THROWS_AS(json_get<int>(parse_json(text, "test"), "count", "here"), DataError);
  }
}

TEST_CASE("json: base64 gives the texts of RFC 4648", "[common]") {
  const std::vector<std::pair<std::string, std::string>> known = {{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"},
                                                                  {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : known) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
}

TEST_CASE("json: base64 brings back bytes of every length", "[common]") {
  std::string bytes;
  for (int length = 0; length <= 300; ++length) {
    const std::string text = to_base64(bytes);
    REQUIRE(text.size() == (bytes.size() + 2) / 3 * 4);
    REQUIRE(from_base64(text) == bytes);
    bytes += static_cast<char>(length * 37 + 11);
  }
}

TEST_CASE("json: base64 refuses foreign characters", "[common]") {
  for (const std::string text : {"Zm9v!", "Zm 9v", "Zm9v\n", "-_8="}) {
    CAPTURE(text);
    CHECK_THROWS_AS(from_base64(text), DataError);
  }
}

}  // namespace
}  // namespace nas::common
