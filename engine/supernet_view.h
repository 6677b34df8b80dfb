// How the supernet of a run stands, for nas status and the report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/options.h"
#include "engine/run_folder.h"

namespace nas::engine {

struct SupernetView {
  std::string method;              // "enas", "spos", "darts"
  int64_t epochs = 0;              // of the whole training
  std::vector<common::Json> done;  // the lines of supernet/metrics.jsonl
  int64_t classes = 0;             // of the proxy
};

// Nothing where the run's evaluator is another.
std::optional<SupernetView> supernet_view(const RunFolder& run, const common::Options& options);

// "darts: epoch 7 of 50, training loss 1.5310, training accuracy 0.4402, 1,275,834
// parameters".
std::string supernet_text(const SupernetView& view);
// A warning where the loss of the last epoch is far above that of guessing; else "".
std::string divergence_text(const SupernetView& view);
common::Json to_json(const SupernetView& view);
// A section of the report: what it is, its loss and accuracy by epoch.
std::string supernet_html(const SupernetView& view);

}  // namespace nas::engine
