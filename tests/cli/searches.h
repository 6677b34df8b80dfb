// Searches of the real program on a table: milliseconds, no training.
#pragma once

#include <string>
#include <vector>

#include "common/json.h"
#include "controller/strategy.h"
#include "tests/support/nasbench201_table.h"
#include "tests/support/program.h"

namespace nas::tests {

// nas search on dir/table.csv (write_table() makes it) into the run folder `./run` (a bare name
// would lie under runs/); a small policy where there is one.
inline std::vector<std::string> table_search(const std::string& run, const std::string& strategy,
                                             int trials,
                                             const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"search",
                                    "--run",
                                    (std::filesystem::path(".") / run).string(),
                                    "--evaluator",
                                    "table",
                                    "--table",
                                    "table.csv",
                                    "--space",
                                    "nasbench201",
                                    "--strategy",
                                    strategy,
                                    "--trials",
                                    std::to_string(trials),
                                    "--workers",
                                    "2",
                                    "--window",
                                    "4"};
  const auto& plugin = common::Registry<controller::StrategyPlugin>::find(strategy);
  if (plugin.options != nullptr && common::Options(plugin.options()).contains("units"))
    words.insert(words.end(), {"--" + strategy + ".units", "16"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// nas status --json of a run, parsed.
inline common::Json status_of(const std::filesystem::path& dir, const std::string& run) {
  const ProgramResult result = run_program({"status", "--run", run, "--json"}, dir);
  return common::parse_json(result.out, "nas status: " + result.err);
}

// What must agree between two runs that found the same: everything but times and who did it.
inline std::string outcome_of(const std::filesystem::path& dir, const std::string& run) {
  common::Json status = status_of(dir, run);
  for (auto& trial : status["trials"]) {
    for (const char* key : {"worker", "attempt", "seconds"}) trial.erase(key);
  }
  if (status.contains("supernet")) {
    for (auto& epoch : status["supernet"]["done"]) epoch.erase("seconds");
  }
  return status.dump(1);
}

}  // namespace nas::tests
