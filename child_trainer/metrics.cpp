#include "child_trainer/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/error.h"

namespace nas::child_trainer {

namespace {

struct Pair {
  float score;
  bool positive;
};

struct Areas {
  double average_precision = 0.0;
  double roc = 0.0;
};

// Equal scores are one threshold: they enter together.
Areas areas_of(std::vector<Pair> pairs) {
  std::sort(pairs.begin(), pairs.end(),
            [](const Pair& a, const Pair& b) { return a.score > b.score; });
  const auto positives = static_cast<double>(
      std::count_if(pairs.begin(), pairs.end(), [](const Pair& p) { return p.positive; }));
  const double negatives = static_cast<double>(pairs.size()) - positives;
  Areas areas;
  double hits = 0;
  double misses = 0;
  for (size_t begin = 0; begin < pairs.size();) {
    double new_hits = 0;
    double new_misses = 0;
    size_t end = begin;
    for (; end < pairs.size() && pairs[end].score == pairs[begin].score; ++end) {
      (pairs[end].positive ? new_hits : new_misses) += 1;
    }
    areas.roc += new_misses * (hits + new_hits / 2);
    hits += new_hits;
    misses += new_misses;
    areas.average_precision += new_hits * hits / (hits + misses);
    begin = end;
  }
  areas.average_precision = positives > 0 ? areas.average_precision / positives : 0.0;
  areas.roc = positives > 0 && negatives > 0 ? areas.roc / (positives * negatives) : 0.0;
  return areas;
}

}  // namespace

Metrics measure(const data::Dataset& dataset, const data::Split& split,
                const std::vector<float>& scores) {
  const auto classes = static_cast<size_t>(dataset.class_count());
  const auto images = static_cast<size_t>(split.count());
  if (scores.size() != images * classes) {
    throw common::InternalError({.where = "metrics", .what = "scores and labels differ in number"});
  }
  if (std::any_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); })) {
    throw common::DataError({.where = "metrics", .what = "a score is not a number"});
  }
  const bool single = dataset.task == data::Task::kSingleLabel;
  const auto is_true = [&](size_t i, size_t k) {
    return single ? split.labels[i] == static_cast<int64_t>(k)
                  : split.label_matrix[i * classes + k] != 0;
  };
  Metrics metrics{.images = split.count()};
  if (images == 0) return metrics;
  std::vector<int64_t> predicted(classes, 0);
  std::vector<int64_t> hits(classes, 0);
  metrics.labels.resize(classes);
  if (single) metrics.confusion.assign(classes, std::vector<int64_t>(classes, 0));
  int64_t right = 0;
  int64_t top_right = 0;
  double loss = 0;
  for (size_t i = 0; i < images; ++i) {
    const float* row = scores.data() + i * classes;
    const auto best = static_cast<size_t>(std::max_element(row, row + classes) - row);
    top_right += is_true(i, best) ? 1 : 0;
    for (size_t k = 0; k < classes; ++k) {
      const bool truth = is_true(i, k);
      const bool decided = single ? k == best : row[k] >= 0.5F;
      metrics.labels[k].images += truth ? 1 : 0;
      predicted[k] += decided ? 1 : 0;
      hits[k] += truth && decided ? 1 : 0;
      right += !single && truth == decided ? 1 : 0;
      const double probability = std::clamp(static_cast<double>(row[k]), 1e-12, 1.0 - 1e-12);
      if (truth) loss -= std::log(probability);
      if (!single && !truth) loss -= std::log(1.0 - probability);
    }
    if (single) ++metrics.confusion[static_cast<size_t>(split.labels[i])][best];
  }
  const auto count = static_cast<double>(images);
  const double decisions = single ? count : count * static_cast<double>(classes);
  metrics.accuracy = static_cast<double>(single ? top_right : right) / decisions;
  metrics.precision_at_1 = static_cast<double>(top_right) / count;
  metrics.log_loss = loss / decisions;

  std::vector<Pair> all;
  for (size_t k = 0; k < classes; ++k) {
    std::vector<Pair> pairs;
    for (size_t i = 0; i < images; ++i) pairs.push_back({scores[i * classes + k], is_true(i, k)});
    all.insert(all.end(), pairs.begin(), pairs.end());
    LabelMetrics& label = metrics.labels[k];
    label.average_precision = areas_of(std::move(pairs)).average_precision;
    label.precision =
        predicted[k] > 0 ? static_cast<double>(hits[k]) / static_cast<double>(predicted[k]) : 0.0;
    label.recall =
        label.images > 0 ? static_cast<double>(hits[k]) / static_cast<double>(label.images) : 0.0;
    const double sum = label.precision + label.recall;
    label.f1 = sum > 0 ? 2 * label.precision * label.recall / sum : 0.0;
  }
  const Areas areas = areas_of(std::move(all));
  metrics.auc_prc = areas.average_precision;
  metrics.auc_roc = areas.roc;
  return metrics;
}

common::Json to_json(const Metrics& metrics, const std::vector<std::string>& class_names) {
  common::Json json = {{"images", metrics.images},
                       {"accuracy", metrics.accuracy},
                       {"precision_at_1", metrics.precision_at_1},
                       {"log_loss", metrics.log_loss},
                       {"auc_prc", metrics.auc_prc},
                       {"auc_roc", metrics.auc_roc}};
  json["labels"] = common::Json::array();
  for (size_t k = 0; k < metrics.labels.size(); ++k) {
    const auto& label = metrics.labels[k];
    json["labels"].push_back({{"name", class_names.at(k)},
                              {"images", label.images},
                              {"precision", label.precision},
                              {"recall", label.recall},
                              {"f1", label.f1},
                              {"average_precision", label.average_precision}});
  }
  if (!metrics.confusion.empty()) json["confusion"] = metrics.confusion;
  return json;
}

}  // namespace nas::child_trainer
