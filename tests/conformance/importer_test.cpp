// What every importer must do, run over each registered name.
#include "data/importer.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "common/error.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

using common::DataError;
using common::Registry;
using data::Importer;

TEST_CASE("Every importer has a name, a summary and its functions", "[conformance]") {
  REQUIRE(!Registry<Importer>::names().empty());
  for (const auto& [name, entry] : Registry<Importer>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    CHECK(entry.plugin.recognises != nullptr);
    CHECK(entry.plugin.run != nullptr);
  }
}

TEST_CASE("Every importer leaves alone what is not its own", "[conformance]") {
  const TempDir dir;
  std::ofstream(dir.path() / "notes.txt") << "no images here";
  for (const auto& [name, entry] : Registry<Importer>::entries()) {
    CAPTURE(name);
    for (const char* source : {"", "notes.txt", "missing"}) {
      CHECK_FALSE(entry.plugin.recognises(dir.path() / source));
    }
  }
}

TEST_CASE("Every importer refuses what is not its own", "[conformance]") {
  const TempDir dir;
  std::ofstream(dir.path() / "notes.txt") << "no images here";
  for (const auto& [name, entry] : Registry<Importer>::entries()) {
    CAPTURE(name);
    for (const char* source : {"", "notes.txt", "missing"}) {
      data::ImportRequest request;
      request.name = "test";
      request.from = dir.path() / source;
      CHECK_THROWS_AS(entry.plugin.run(request), DataError);
    }
  }
}

}  // namespace nas::tests
