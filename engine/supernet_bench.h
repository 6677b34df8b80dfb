// What a supernet's ranking is worth: for each method one is trained, a sample of architectures of
// a table is rewarded with its weights, and the same ones are trained alone, so briefly that all of
// them together cost as much as the supernet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/options.h"
#include "engine/rank_agreement.h"
#include "engine/supernet_trainings.h"

namespace nas::engine {

struct SupernetBenchRow {
  std::string order;
  std::string meaning;
  RankAgreement agreement;  // with the table's column
  double seconds = 0.0;     // of training and rewarding all
};

struct SupernetBenchResult {
  int64_t architectures = 0;
  std::string column;  // of the table
  // For each method its own, for darts what the operations weigh as well, and "alone-METHOD" at the
  // same cost; last the number of parameters.
  std::vector<SupernetBenchRow> rows;
};
common::Json to_json(const SupernetBenchResult& result);

// Of `nas bench supernet`: its own, and those of a search.
common::Options supernet_bench_options();

// Keeps runs in --out and goes on with them; nothing when asked to stop. Throws UsageError (no
// table), NothingError (too few of the sample have a reward), and what a search throws.
std::optional<SupernetBenchResult> bench_supernet(const common::Options& options);

// What each of its runs will take, for --dry-run: leaves nothing behind. Throws as
// bench_supernet().
std::vector<SupernetBenchPart> project_supernet_bench(const common::Options& options);
common::Json to_json(const std::vector<SupernetBenchPart>& parts);

}  // namespace nas::engine
