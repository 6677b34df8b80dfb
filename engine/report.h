// Self-contained HTML reports: no scripts, nothing fetched.
#pragma once

#include "child_trainer/metrics.h"
#include "engine/model_folder.h"
#include "engine/run_folder.h"
#include "engine/trial.h"

namespace nas::engine {

// report.html of a run: rewards over trials, the winner and how sure it is, the best trials, the
// best cell drawn. `further`: see Store.
void write_search_report(const RunFolder& run, const common::Options& options,
                         const std::vector<Trial>& trials, const std::vector<Trial>& further);

// report.html of a model: metrics, curves, labels, confusion matrix, the cells drawn.
void write_model_report(const Model& model, const child_trainer::Metrics& metrics,
                        int64_t parameters, int64_t multiply_adds);

}  // namespace nas::engine
