// scripts/kill_test: kill -9 at random moments changes nothing.
#include <catch2/catch_test_macros.hpp>

#include "common/process.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

void check_kills(const std::string& evaluator, const std::string& rounds) {
  if (!common::program_exists("python3")) SKIP("no python3");
  const TempDir dir;
  const ProgramResult result =
      run_command({"python3", std::string(NAS_SOURCE_DIR) + "/scripts/kill_test", "--nas",
                   NAS_PROGRAM, "--evaluator", evaluator, "--rounds", rounds},
                  dir.path(), {{"TMPDIR", dir.path().string()}});
  INFO(result.out);
  INFO(result.err);
  CHECK(result.exit_code == 0);
}

TEST_CASE("kill test: searches on a table end as if nothing had happened", "[cli]") {
  check_kills("table", "10");
}

TEST_CASE("kill test: searches with real children end as if nothing had happened", "[cli][.slow]") {
  check_kills("trained", "4");
}

}  // namespace
}  // namespace nas::tests
