#include "common/registry.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

namespace nas::common {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::MessageMatches;

struct Fruit {
  static constexpr const char* kKind = "fruit";
  std::string name;
  std::string summary;
};

// A kind of which nobody has registered anything.
struct Rarity {
  static constexpr const char* kKind = "rarity";
  std::string name;
};

const Register<Fruit> kPear{{.name = "pear", .summary = "green"}};
const Register<Fruit> kApple{{.name = "apple", .summary = "red"}};

TEST_CASE("registry: plug-ins are found by name and listed in order", "[common]") {
  CHECK(Registry<Fruit>::names() == std::vector<std::string>({"apple", "pear"}));
  CHECK(Registry<Fruit>::find("apple").summary == "red");
  CHECK(Registry<Fruit>::contains("pear"));
  CHECK_FALSE(Registry<Fruit>::contains("Pear"));
  CHECK_FALSE(Registry<Fruit>::contains(""));
}

TEST_CASE("registry: an unknown name is answered with the known ones", "[common]") {
  CHECK_THROWS_MATCHES(Registry<Fruit>::find("plum"), UsageError,
                       MessageMatches(ContainsSubstring("[fruit] unknown fruit; got 'plum'")));
  CHECK_THROWS_MATCHES(Registry<Fruit>::find("plum"), UsageError,
                       MessageMatches(ContainsSubstring("one of: apple, pear")));
  CHECK_THROWS_MATCHES(Registry<Fruit>::find("aplpe"), UsageError,
                       MessageMatches(EndsWith("one of: apple, pear; try apple")));
  CHECK_THROWS_MATCHES(Registry<Fruit>::find("plum"), UsageError,
                       MessageMatches(EndsWith("one of: apple, pear")));  // it is neither
  CHECK_THROWS_AS(Registry<Rarity>::find("plum"), UsageError);
}

TEST_CASE("registry: an entry knows the file that registered it", "[common]") {
  for (const auto& [name, entry] : Registry<Fruit>::entries()) {
    CHECK(entry.plugin.name == name);
    CHECK_THAT(entry.file, EndsWith("tests/common/registry_test.cpp"));
  }
}

TEST_CASE("registry: a name is given once", "[common]") {
  const Fruit second{.name = "apple", .summary = "yellow"};
  CHECK_THROWS_MATCHES(Register<Fruit>{second}, InternalError,
                       MessageMatches(ContainsSubstring("registered twice; got apple")));
  CHECK(Registry<Fruit>::find("apple").summary == "red");
  CHECK(Registry<Fruit>::names().size() == 2);
}

TEST_CASE("registry: kinds are apart", "[common]") { CHECK(Registry<Rarity>::names().empty()); }

}  // namespace
}  // namespace nas::common
