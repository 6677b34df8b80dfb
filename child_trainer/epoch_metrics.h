// What is known of a training after each of its epochs: the lines of metrics.jsonl.
#pragma once

#include <filesystem>
#include <vector>

#include "common/json.h"

namespace nas::child_trainer {

struct EpochMetrics {
  int64_t epoch = 0;  // from 1
  double train_loss = 0.0;
  double train_accuracy = 0.0;  // on the augmented batches, while training (multi-label: 0)
  double valid_loss = 0.0;
  double valid_accuracy = 0.0;
  double valid_auc_prc = 0.0;
  double learning_rate = 0.0;  // at its end
  double seconds = 0.0;        // training alone
  double images_per_second = 0.0;
};
common::Json to_json(const EpochMetrics& metrics);
EpochMetrics epoch_metrics_from_json(const common::Json& json);  // throws DataError

// All lines of metrics.jsonl. Throws DataError.
std::vector<EpochMetrics> read_metrics(const std::filesystem::path& file);

// Leaves the lines of the first `epochs` epochs: those that a killed attempt wrote after its last
// checkpoint are trained, and written, again.
void trim_metrics(const std::filesystem::path& file, int64_t epochs);

}  // namespace nas::child_trainer
