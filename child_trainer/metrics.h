// What predictions are worth. Scores are probabilities, row by row: scores[i * K + k] of image i.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/json.h"
#include "data/dataset.h"

namespace nas::child_trainer {

struct LabelMetrics {
  int64_t images = 0;      // that carry the label
  double precision = 0.0;  // of the predictions of this label; 0 where there is none
  double recall = 0.0;
  double f1 = 0.0;
  double average_precision = 0.0;  // area under this label's precision-recall curve
};

struct Metrics {
  int64_t images = 0;
  double accuracy =
      0.0;  // top-1 (single-label); share of right (image, label) decisions at 0.5 (multi-label)
  double precision_at_1 = 0.0;  // how often the best-scored label is right
  double log_loss = 0.0;        // natural logarithm, mean over images (multi-label: and labels)
  double auc_prc = 0.0;         // micro average over all (image, label) pairs, as average precision
  double auc_roc = 0.0;         // likewise; ties count half
  std::vector<LabelMetrics> labels;             // [K]
  std::vector<std::vector<int64_t>> confusion;  // [true][predicted]; single-label only
};

// Throws InternalError when sizes disagree, DataError when a score is not a number.
Metrics measure(const data::Dataset& dataset, const data::Split& split,
                const std::vector<float>& scores);

common::Json to_json(const Metrics& metrics, const std::vector<std::string>& class_names);

}  // namespace nas::child_trainer
