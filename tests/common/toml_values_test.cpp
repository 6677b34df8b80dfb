#include "common/toml_values.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"

namespace nas::common {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("toml values: in the order of the file, with their lines", "[common]") {
  const auto values = parse_toml(R"(# a comment
zeta = 1
alpha = [
  "a", 2.5,
]
[section.inner]
flag = true
)",
                                 "my.toml");
  REQUIRE(values.size() == 3);
  CHECK(values[0].name == "zeta");
  CHECK(values[0].value.dump() == "1");
  CHECK(values[0].line == 2);
  CHECK(values[1].name == "alpha");
  CHECK(values[1].value.dump() == R"(["a",2.5])");
  CHECK(values[1].line == 3);
  CHECK(values[2].name == "section.inner.flag");
  CHECK(values[2].value.dump() == "true");
  CHECK(values[2].line == 7);
}

TEST_CASE("toml values: sections without a value", "[common]") {
  const auto empty = empty_sections("[a]\n[b]\nc = 1\n[d.e]\n", "my.toml");
  REQUIRE(empty.size() == 2);
  CHECK(empty[0] == std::pair<std::string, int64_t>("a", 1));
  CHECK(empty[1] == std::pair<std::string, int64_t>("d.e", 4));
}

TEST_CASE("toml values: what is no TOML, or of no known type", "[common]") {
  CHECK_THROWS_MATCHES(parse_toml("a = 1\nb =", "my.toml"), ConfigError,
                       MessageMatches(ContainsSubstring("[my.toml:2] not valid TOML")));
  CHECK_THROWS_MATCHES(
      parse_toml("\nday = 2020-01-01", "my.toml"), ConfigError,
      MessageMatches(ContainsSubstring("[my.toml:2] key 'day' has an unsupported")));
}

}  // namespace
}  // namespace nas::common
