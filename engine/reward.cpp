#include "engine/reward.h"

#include "common/error.h"

namespace nas::engine {

namespace {

using child_trainer::EpochMetrics;

struct Reward {
  std::string name;
  double (*of)(const EpochMetrics& last, data::Task task);
};

const std::vector<Reward>& rewards() {
  static const std::vector<Reward> all = {
      {"accuracy",
       [](const EpochMetrics& last, data::Task task) {
         return task == data::Task::kSingleLabel ? last.valid_accuracy : last.valid_auc_prc;
       }},
      {"loss", [](const EpochMetrics& last, data::Task) { return -last.valid_loss; }},
      {"train-loss", [](const EpochMetrics& last, data::Task) { return -last.train_loss; }}};
  return all;
}

}  // namespace

common::Option reward_option() {
  common::Option option{.name = "reward",
                        .value = rewards().front().name,
                        .help =
                            "What a trained child is rewarded for: its accuracy on the held-out "
                            "images, or a small loss there or in its last epoch of training"};
  for (const auto& reward : rewards()) option.choices.push_back(reward.name);
  return option;
}

double reward_of(const std::string& name, const EpochMetrics& last, data::Task task) {
  for (const auto& reward : rewards()) {
    if (reward.name == name) return reward.of(last, task);
  }
  throw common::UsageError({.where = "--reward", .what = "unknown reward", .got = name});
}

}  // namespace nas::engine
