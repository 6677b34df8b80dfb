#include "child_trainer/train_settings.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("train settings: the learning rate is one cosine to zero", "[child_trainer]") {
  const TrainSettings settings{.epochs = 4, .learning_rate = 0.2};
  CHECK_THAT(learning_rate_at(settings, 0, 10), WithinAbs(0.2, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 10, 10), WithinAbs(0.2 * 0.8535533905932737, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 20, 10), WithinAbs(0.1, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 40, 10), WithinAbs(0.0, 1e-12));
  for (int64_t step = 1; step <= 40; ++step) {
    CHECK(learning_rate_at(settings, step, 10) < learning_rate_at(settings, step - 1, 10));
  }
}

TEST_CASE("train settings: warm-up rises linearly to the full rate", "[child_trainer]") {
  const TrainSettings settings{.epochs = 4, .learning_rate = 0.2, .warmup_epochs = 1};
  CHECK_THAT(learning_rate_at(settings, 0, 10), WithinAbs(0.02, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 4, 10), WithinAbs(0.1, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 9, 10), WithinAbs(0.2, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 10, 10), WithinAbs(0.2, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 25, 10), WithinAbs(0.1, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 40, 10), WithinAbs(0.0, 1e-12));
}

TEST_CASE("train settings: a warm-up as long as the training stays finite", "[child_trainer]") {
  const TrainSettings settings{.epochs = 1, .learning_rate = 0.2, .warmup_epochs = 1};
  CHECK_THAT(learning_rate_at(settings, 9, 10), WithinAbs(0.2, 1e-12));
  CHECK_THAT(learning_rate_at(settings, 10, 10), WithinAbs(0.2, 1e-12));
}

TEST_CASE("train settings: drop-path grows linearly", "[child_trainer]") {
  const TrainSettings settings{.epochs = 4, .drop_path = 0.4};
  CHECK(drop_path_at(settings, 0, 10) == 0.0);
  CHECK_THAT(drop_path_at(settings, 10, 10), WithinAbs(0.1, 1e-12));
  CHECK_THAT(drop_path_at(settings, 40, 10), WithinAbs(0.4, 1e-12));
}

TEST_CASE("train settings: options and back", "[child_trainer]") {
  const TrainSettings settings{.epochs = 7,
                               .batch_size = 33,
                               .learning_rate = 0.07,
                               .warmup_epochs = 2,
                               .momentum = 0.85,
                               .weight_decay = 1e-5,
                               .label_smoothing = 0.15,
                               .clip = 2.5,
                               .drop_path = 0.3,
                               .auxiliary = true,
                               .auxiliary_weight = 0.6,
                               .dropout = 0.25,
                               .augment = {"cutout", "flip"},
                               .precision = "bf16"};
  const TrainSettings again = TrainSettings::from(common::Options(settings.options()));
  CHECK(again.epochs == settings.epochs);
  CHECK(again.batch_size == settings.batch_size);
  CHECK(again.learning_rate == settings.learning_rate);
  CHECK(again.warmup_epochs == settings.warmup_epochs);
  CHECK(again.momentum == settings.momentum);
  CHECK(again.weight_decay == settings.weight_decay);
  CHECK(again.label_smoothing == settings.label_smoothing);
  CHECK(again.clip == settings.clip);
  CHECK(again.drop_path == settings.drop_path);
  CHECK(again.auxiliary == settings.auxiliary);
  CHECK(again.auxiliary_weight == settings.auxiliary_weight);
  CHECK(again.dropout == settings.dropout);
  CHECK(again.augment == settings.augment);
  CHECK(again.precision == settings.precision);
}

TEST_CASE("train settings: a network in training has an auxiliary head and dropout",
          "[child_trainer]") {
  const TrainSettings settings{.auxiliary = true, .dropout = 0.25};
  const auto network = settings.in_training({.classes = 7, .cells = 2, .filters = 8});
  CHECK(network.auxiliary);
  CHECK(network.dropout == 0.25);
  CHECK(network.classes == 7);
  CHECK(network.filters == 8);
  CHECK_FALSE(TrainSettings().in_training(network).auxiliary);
}

TEST_CASE("train settings: values are checked", "[child_trainer]") {
  common::Options options(TrainSettings().options());
  CHECK_THROWS_AS(options.set("epochs", "0", "flag"), common::ConfigError);
  CHECK_THROWS_AS(options.set("lr", "-1", "flag"), common::ConfigError);
  CHECK_THROWS_AS(options.set("momentum", "1", "flag"), common::ConfigError);
  CHECK_THROWS_AS(options.set("precision", "fp16", "flag"), common::ConfigError);
  CHECK_THROWS_WITH(options.set("augment", "flip,mirror", "flag"),
                    ContainsSubstring("mirror") && ContainsSubstring("pad-crop"));
  options.set("augment", "", "flag");
  CHECK(TrainSettings::from(options).augment.empty());
}

}  // namespace
}  // namespace nas::child_trainer
