// scripts/kill_test: kill -9 at random moments changes nothing.
#include <catch2/catch_test_macros.hpp>

#include "common/process.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

void check_kills(const std::string& evaluator, const std::string& rounds,
                 const std::vector<std::string>& more = {}) {
  if (!common::program_exists("python3")) SKIP("no python3");
  const TempDir dir;
  std::vector<std::string> words = {
      "python3",     std::string(NAS_SOURCE_DIR) + "/scripts/kill_test",
      "--nas",       NAS_PROGRAM,
      "--evaluator", evaluator,
      "--rounds",    rounds,
      "--"};
  words.insert(words.end(), more.begin(), more.end());
  const ProgramResult result = run_command(words, dir.path(), {{"TMPDIR", dir.path().string()}});
  INFO(result.out);
  INFO(result.err);
  CHECK(result.exit_code == 0);
}

TEST_CASE("kill test: searches on a table end as if nothing had happened", "[cli]") {
  check_kills("table", "6");
}

TEST_CASE("kill test: prescreened searches with limits end as if nothing had happened", "[cli]") {
  check_kills(
      "table", "4",
      {"--input-size", "16", "--prescreen", "parameters", "--pool", "4", "--max-multiply-adds",
       "2000000", "--cost", "multiply-adds", "--cost-target", "1000000"});
}

TEST_CASE("kill test: searches in rungs end as if nothing had happened", "[cli]") {
  for (const char* fidelity : {"asha", "median"})
    check_kills("curves", "4", {"--fidelity", fidelity, "--finalists", "4"});
}

TEST_CASE("kill test: searches with real children end as if nothing had happened", "[cli][.slow]") {
  check_kills("trained", "4");
}

TEST_CASE("kill test: searches with shared weights end as if nothing had happened",
          "[cli][.slow]") {
  check_kills("shared", "6");
}

TEST_CASE("kill test: prescreening on images ends as if nothing had happened", "[cli][.slow]") {
  check_kills("trained", "5", {"--prescreen", "synflow", "--pool", "3"});
}

TEST_CASE("kill test: promoted children end as if nothing had happened", "[cli][.slow]") {
  check_kills("trained", "6",
              {"--fidelity", "asha", "--eta", "2", "--epochs", "4", "--finalists", "2",
               "--finalist-epochs", "5"});
}

}  // namespace
}  // namespace nas::tests
