#include "common/text.h"

#include <catch2/catch_test_macros.hpp>

namespace nas::common {
namespace {

using Parts = std::vector<std::string>;

TEST_CASE("text: join and split are each other's inverse", "[common]") {
  CHECK(join({}, ", ").empty());
  CHECK(join({"one"}, ", ") == "one");
  CHECK(join({"one", "two"}, ", ") == "one, two");
  CHECK(split("one,,two", ',') == Parts({"one", "", "two"}));
  CHECK(split(",", ',') == Parts({"", ""}));
  CHECK(split("", ',') == Parts({""}));
  for (const std::string text : {"a|b|c", "|a|", "||", "abc"})
    CHECK(join(split(text, '|'), "|") == text);
}

TEST_CASE("text: trim removes white space from both ends only", "[common]") {
  CHECK(trim("  one two\t\r\n") == "one two");
  CHECK(trim("one") == "one");
  CHECK(trim(" \t\n").empty());
  CHECK(trim("").empty());
}

TEST_CASE("text: lower changes letters only", "[common]") {
  CHECK(lower("NASNet-A 3x3") == "nasnet-a 3x3");
}

TEST_CASE("text: starts_with", "[common]") {
  CHECK(starts_with("sqlite:run.db", "sqlite:"));
  CHECK(starts_with("anything", ""));
  CHECK_FALSE(starts_with("sql", "sqlite:"));
  CHECK_FALSE(starts_with(" sqlite:", "sqlite:"));
}

TEST_CASE("text: the nearest name", "[common]") {
  const std::vector<std::string> names = {"evolution", "local-search", "ppo", "random"};
  CHECK(nearest("evolutoin", names) == "evolution");
  CHECK(nearest("local_search", names) == "local-search");
  CHECK(nearest("pp", names) == "ppo");
  CHECK(nearest("evo", names) == "evolution");
  CHECK(nearest("random", names) == "random");
  CHECK(nearest("luck", names).empty());
  CHECK(nearest("", names).empty());
  CHECK(nearest("random", {}).empty());
}

TEST_CASE("text: numbers with commas", "[common]") {
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1000) == "1,000");
  CHECK(with_commas(3346538) == "3,346,538");
  CHECK(with_commas(-1234567) == "-1,234,567");
  CHECK(with_commas(-999) == "-999");
}

TEST_CASE("text: numbers with a unit", "[common]") {
  CHECK(with_unit(0) == "0");
  CHECK(with_unit(999) == "999");
  CHECK(with_unit(1000) == "1.0 k");
  CHECK(with_unit(544300000) == "544.3 M");
  CHECK(with_unit(23.8e9) == "23.8 G");
  CHECK(with_unit(-1500) == "-1.5 k");
}

TEST_CASE("text: bytes", "[common]") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(1000) == "1.0 kB");
  CHECK(bytes_text(2.1e9) == "2.1 GB");
}

TEST_CASE("text: durations", "[common]") {
  CHECK(duration_text(0) == "0.0 s");
  CHECK(duration_text(4.2) == "4.2 s");
  CHECK(duration_text(12.4) == "12 s");
  CHECK(duration_text(59.6) == "1 min 00 s");
  CHECK(duration_text(200) == "3 min 20 s");
  CHECK(duration_text(3599.7) == "1 h 00 min");
  CHECK(duration_text(3720) == "1 h 02 min");
  CHECK(duration_text(90000) == "1 d 01 h");
}

}  // namespace
}  // namespace nas::common
