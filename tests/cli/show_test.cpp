// nas show: what it counts, and what it says to sizes that nothing can hold.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::cli {
namespace {

using Catch::Matchers::ContainsSubstring;
using tests::ProgramResult;

ProgramResult show(std::vector<std::string> words) {
  const tests::TempDir dir;
  words.insert(words.begin(), "show");
  return tests::run_program(words, dir.path());
}

common::Json counts(std::vector<std::string> words) {
  words.insert(words.end(), {"--format", "json"});
  const ProgramResult shown = show(words);
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  return common::parse_json(shown.out, "show");
}

TEST_CASE("show: the auxiliary head changes its own count alone", "[cli]") {
  const common::Json with = counts({"nasnet-a"});
  CHECK(with.at("parameters").get<int64_t>() == 3346538);
  CHECK(with.at("auxiliary_parameters").get<int64_t>() == 1631498);
  const common::Json without = counts({"nasnet-a", "--set", "aux=false"});
  CHECK(without.at("auxiliary_parameters").get<int64_t>() == 0);
  for (const char* same : {"parameters", "multiply_adds", "activation_bytes", "output_shapes"})
    CHECK(with.at(same) == without.at(same));
}

TEST_CASE("show: a network that can have no auxiliary head is counted without", "[cli]") {
  const common::Json small = counts({"nasnet-a", "--input-size", "8", "--cells", "1"});
  CHECK(small.at("auxiliary_parameters").get<int64_t>() == 0);
  CHECK(small.at("parameters").get<int64_t>() > 0);
  const char* kCell = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";
  CHECK(counts({kCell, "--cells", "1"}).at("auxiliary_parameters").get<int64_t>() == 0);
}

TEST_CASE("show: a thousand cells a stage are counted, sizes beyond all counting refused",
          "[cli]") {
  const common::Json deep = counts({"nasnet-a", "--cells", "1000"});
  CHECK(deep.at("output_shapes").size() == 3003);
  const ProgramResult most = show({"nasnet-a", "--cells", "1000", "--filters", "100000",
                                   "--input-size", "10000", "--classes", "1000000"});
  CHECK(most.exit_code == 2);
  CHECK_THAT(most.err,
             ContainsSubstring("too large to be counted") && ContainsSubstring("--filters"));
}

TEST_CASE("show: a plan is text", "[cli]") {
  for (const std::string format : {"json", "dot", "svg"}) {
    const ProgramResult refused = show({"nasnet-a", "--plan", "--format", format});
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, ContainsSubstring("--plan") && ContainsSubstring(format));
    CHECK(refused.out.empty());
  }
  CHECK_THAT(show({"nasnet-a", "--plan"}).out, ContainsSubstring("separable("));
  CHECK(show({"nasnet-a", "--recompute"}).exit_code == 2);
}

}  // namespace
}  // namespace nas::cli
