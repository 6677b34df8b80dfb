#include "child_trainer/metrics.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "common/error.h"
#include "common/random.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinAbs;

// Labels alone: metrics do not look at images.
data::Dataset labelled(int64_t classes, const std::vector<int64_t>& labels) {
  data::Dataset dataset;
  for (int64_t k = 0; k < classes; ++k) dataset.class_names.push_back("class" + std::to_string(k));
  dataset.test.labels = labels;
  for (size_t i = 0; i < labels.size(); ++i) dataset.test.ids.push_back(std::to_string(i));
  return dataset;
}

Metrics measure_test(const data::Dataset& dataset, const std::vector<float>& scores) {
  return measure(dataset, dataset.test, scores);
}

TEST_CASE("metrics: four images worked out by hand", "[child_trainer]") {
  const data::Dataset dataset = labelled(2, {0, 1, 1, 0});
  const Metrics metrics = measure_test(dataset, {0.9F, 0.1F, 0.4F, 0.6F, 0.7F, 0.3F, 0.6F, 0.4F});
  CHECK(metrics.images == 4);
  CHECK_THAT(metrics.accuracy, WithinAbs(0.75, 1e-12));
  CHECK_THAT(metrics.precision_at_1, WithinAbs(0.75, 1e-12));
  const double loss = -(std::log(0.9) + std::log(0.6) + std::log(0.3) + std::log(0.6)) / 4;
  CHECK_THAT(metrics.log_loss, WithinAbs(loss, 1e-6));
  CHECK(metrics.confusion == std::vector<std::vector<int64_t>>{{2, 0}, {1, 1}});

  REQUIRE(metrics.labels.size() == 2);
  CHECK(metrics.labels[0].images == 2);
  CHECK_THAT(metrics.labels[0].precision, WithinAbs(2.0 / 3, 1e-12));
  CHECK_THAT(metrics.labels[0].recall, WithinAbs(1.0, 1e-12));
  CHECK_THAT(metrics.labels[0].f1, WithinAbs(0.8, 1e-12));
  CHECK_THAT(metrics.labels[0].average_precision, WithinAbs(5.0 / 6, 1e-12));
  CHECK_THAT(metrics.labels[1].precision, WithinAbs(1.0, 1e-12));
  CHECK_THAT(metrics.labels[1].recall, WithinAbs(0.5, 1e-12));
  CHECK_THAT(metrics.labels[1].average_precision, WithinAbs(5.0 / 6, 1e-12));
  // Pairs by score: .9+ .7- .6+ .6+ .4- .4- .3+ .1-
  CHECK_THAT(metrics.auc_prc, WithinAbs((1.0 + 2 * 3.0 / 4 + 4.0 / 7) / 4, 1e-12));
  CHECK_THAT(metrics.auc_roc, WithinAbs((1.0 + 2 * 3 + 4) / 16, 1e-12));
}

TEST_CASE("metrics: equal scores are one threshold", "[child_trainer]") {
  const data::Dataset dataset = labelled(4, {0, 1, 2, 3, 0});
  const Metrics metrics = measure_test(dataset, std::vector<float>(20, 0.25F));
  CHECK_THAT(metrics.auc_roc, WithinAbs(0.5, 1e-12));
  CHECK_THAT(metrics.auc_prc, WithinAbs(0.25, 1e-12));
  CHECK_THAT(metrics.log_loss, WithinAbs(std::log(4.0), 1e-6));
  CHECK_THAT(metrics.accuracy, WithinAbs(0.4, 1e-12));  // the first of equals
}

TEST_CASE("metrics: perfect scores and their opposite", "[child_trainer]") {
  const data::Dataset dataset = labelled(3, {0, 1, 2, 1});
  const std::vector<float> perfect = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0};
  const Metrics best = measure_test(dataset, perfect);
  CHECK(best.accuracy == 1.0);
  CHECK(best.auc_prc == 1.0);
  CHECK(best.auc_roc == 1.0);
  CHECK_THAT(best.log_loss, WithinAbs(0.0, 1e-9));
  for (const auto& label : best.labels) CHECK(label.f1 == 1.0);

  std::vector<float> opposite;
  for (const float score : perfect) opposite.push_back((1.0F - score) / 2.0F);
  const Metrics worst = measure_test(dataset, opposite);
  CHECK(worst.accuracy == 0.0);
  CHECK(worst.auc_roc == 0.0);
  CHECK(std::isfinite(worst.log_loss));  // a score of 0 for the truth does not make it infinite
}

TEST_CASE("metrics: random scores are worth nothing", "[child_trainer]") {
  common::RandomStream random({.seed = 1});
  std::vector<int64_t> labels;
  std::vector<float> scores;
  for (int i = 0; i < 3000; ++i) {
    labels.push_back(random.integer(10));
    for (int k = 0; k < 10; ++k) scores.push_back(static_cast<float>(random.uniform()));
  }
  const Metrics metrics = measure_test(labelled(10, labels), scores);
  CHECK_THAT(metrics.accuracy, WithinAbs(0.1, 0.025));
  CHECK_THAT(metrics.auc_roc, WithinAbs(0.5, 0.02));
  CHECK_THAT(metrics.auc_prc, WithinAbs(0.1, 0.015));
}

TEST_CASE("metrics: several labels an image", "[child_trainer]") {
  data::Dataset dataset = labelled(2, {0, 0});
  dataset.task = data::Task::kMultiLabel;
  dataset.test.labels.clear();
  dataset.test.label_matrix = {1, 0, 1, 1};
  const Metrics metrics = measure_test(dataset, {0.8F, 0.6F, 0.4F, 0.9F});
  CHECK_THAT(metrics.accuracy, WithinAbs(0.5, 1e-12));
  CHECK_THAT(metrics.precision_at_1, WithinAbs(1.0, 1e-12));
  const double loss = -(std::log(0.8) + std::log(1 - 0.6) + std::log(0.4) + std::log(0.9)) / 4;
  CHECK_THAT(metrics.log_loss, WithinAbs(loss, 1e-6));
  CHECK(metrics.confusion.empty());
  CHECK(metrics.labels[0].images == 2);
  CHECK_THAT(metrics.labels[0].precision, WithinAbs(1.0, 1e-12));
  CHECK_THAT(metrics.labels[0].recall, WithinAbs(0.5, 1e-12));
  CHECK_THAT(metrics.labels[1].precision, WithinAbs(0.5, 1e-12));
  CHECK_THAT(metrics.labels[1].recall, WithinAbs(1.0, 1e-12));
  // Pairs by score: .9+ .8+ .6- .4+
  CHECK_THAT(metrics.auc_prc, WithinAbs((1.0 + 1.0 + 3.0 / 4) / 3, 1e-12));
  CHECK_THAT(metrics.auc_roc, WithinAbs(2.0 / 3, 1e-12));
}

TEST_CASE("metrics: a label without images or predictions has zeros", "[child_trainer]") {
  const Metrics metrics = measure_test(labelled(3, {0, 1}), {0.9F, 0.1F, 0.0F, 0.2F, 0.8F, 0.0F});
  CHECK(metrics.labels[2].images == 0);
  CHECK(metrics.labels[2].precision == 0.0);
  CHECK(metrics.labels[2].recall == 0.0);
  CHECK(metrics.labels[2].f1 == 0.0);
  CHECK(metrics.labels[2].average_precision == 0.0);
}

TEST_CASE("metrics: sizes that disagree, and nothing at all", "[child_trainer]") {
  CHECK_THROWS_AS(measure_test(labelled(3, {0, 1}), {0.5F, 0.5F}), common::InternalError);
  const Metrics none = measure_test(labelled(3, {}), {});
  CHECK(none.images == 0);
  CHECK(none.accuracy == 0.0);
}

TEST_CASE("metrics: JSON names each label", "[child_trainer]") {
  const data::Dataset dataset = labelled(2, {0, 1});
  const common::Json json =
      to_json(measure_test(dataset, {0.9F, 0.1F, 0.2F, 0.8F}), dataset.class_names);
  for (const char* key :
       {"images", "accuracy", "precision_at_1", "log_loss", "auc_prc", "auc_roc", "confusion"}) {
    CHECK(json.contains(key));
  }
  REQUIRE(json.at("labels").size() == 2);
  const common::Json& label = json.at("labels").at(1);
  CHECK(label.at("name").get<std::string>() == "class1");
  CHECK(label.at("f1").get<double>() == 1.0);
}

}  // namespace
}  // namespace nas::child_trainer
