// What zero-cost scores are worth: do they order architectures as a column of a table does?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/options.h"
#include "engine/rank_agreement.h"

namespace nas::engine {

struct ScoreBenchRow {
  std::string score;
  int64_t networks = 0;
  RankAgreement agreement;  // with the column
  double seconds = 0.0;     // a network, without building it; mean
};
common::Json to_json(const ScoreBenchRow& row);

// Of `nas bench scores`.
common::Options score_bench_options();

// A row for each score, over a random sample of the table's architectures: networks with initial
// weights, and one batch of the dataset's training images, all drawn from the seed. `show` is told
// how many of the networks are done: 0 when the first is begun. Throws UsageError (no table, an
// unknown score) and DataError (also a table of fewer than kFewestRanked architectures).
std::vector<ScoreBenchRow> bench_scores(
    const common::Options& options, const std::function<void(int64_t done, int64_t count)>& show);

}  // namespace nas::engine
