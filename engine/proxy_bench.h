// Is a proxy task good enough? A sample of architectures is trained as the children of a search
// would be, one of them several times; what is said of them then is compared with what they are
// worth: by a table, or by a longer training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/options.h"
#include "engine/rank_agreement.h"

namespace nas::engine {

// How well an order of the architectures agrees with what they are worth.
struct OrderAgreement {
  std::string order;  // "reward" | "expected" | "ranking" | "from-others" | "parameters"
  std::string meaning;
  RankAgreement agreement;
};

struct ProxyBenchResult {
  std::string truth;             // what they are compared with
  int64_t architectures = 0;     // with a reward, and a worth
  double seconds_a_child = 0.0;  // of training; mean
  double between = 0.0;          // standard deviation of the rewards of all architectures …
  double within = 0.0;           // … and of one that is trained several times
  int64_t seeds = 0;
  std::vector<OrderAgreement> agreements;
  std::string verdict;  // a sentence or two
};
common::Json to_json(const ProxyBenchResult& result);

// Of `nas bench proxy`: its own, and those of a search's children.
common::Options proxy_bench_options();

// Keeps two runs in --out, `short` and, without a table, `long-EPOCHS`, and goes on with them;
// nothing when asked to stop. Throws before anything is trained what sample_of_table() and
// ProxyTrainings throw, and UsageError (neither a table nor a longer training, or both); later
// NothingError (too few children succeeded), and what a search throws.
std::optional<ProxyBenchResult> bench_proxy(const common::Options& options);

}  // namespace nas::engine
