#include "engine/table_rewards.h"

#include <fmt/format.h>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/table_file.h"

namespace nas::engine {

namespace {

std::string evaluator_text(const common::Options& options) {
  return "--evaluator " + options.text("evaluator");
}

// What the user asks of trainings, of which there are none.
void check_options_of_training(const common::Options& options) {
  const std::string with = "with " + evaluator_text(options);
  if (options.is_given("reward")) {
    throw common::ConfigError({.where = "--reward",
                               .what = with + " nothing is trained",
                               .expected = "--reward-column, the table's column"});
  }
  const bool by_epoch = common::Registry<EvaluatorPlugin>::find(options.text("evaluator")).by_epoch;
  std::vector<std::string> unused;
  std::vector<std::string> names = {"proxy", "train-images", "valid-images"};
  for (const auto& option : child_trainer::TrainSettings().options()) names.push_back(option.name);
  for (const auto& name : names) {
    if (options.is_given(name) && !(by_epoch && name == "epochs")) unused.push_back("--" + name);
  }
  if (!unused.empty())
    common::log_info(with + " nothing is trained: " + common::join(unused, ", ") +
                     " has no effect");
  for (const auto& text : options.list("start-with")) {
    if (search_space::find_architecture(text).family == options.text("space")) continue;
    throw common::ConfigError({.where = "--start-with " + text,
                               .what = "the table has no row for it",
                               .expected = "an architecture of nasbench201"});
  }
  const bool timed = options.text("cost") == "latency" || options.number("max-latency-ms") > 0;
  if (!timed) return;
  throw common::ConfigError(
      {.where = options.number("max-latency-ms") > 0 ? "--max-latency-ms" : "--cost latency",
       .what = with + " no latency is measured",
       .expected = "parameters or multiply-adds"});
}

void check_signs(const common::Options& options, const std::map<std::string, double>& rewards) {
  if (options.text("cost") == "none" && options.number("reward-power") == 1.0) return;
  for (const auto& [architecture, reward] : rewards) {
    if (reward >= 0) continue;
    throw common::DataError({.where = options.text("table"),
                             .what = "a reward below 0 has no power and no share of a cost",
                             .got = fmt::format("{:g} of {}", reward, architecture),
                             .hint = "another --reward-column, or no --cost and --reward-power"});
  }
}

}  // namespace

void TableRewards::check(const common::Options& options) {
  if (options.text("table").empty()) {
    throw common::UsageError(
        {.where = evaluator_text(options), .what = "no table", .hint = "--table FILE"});
  }
  if (options.text("space") != "nasbench201") {
    throw common::ConfigError({.where = evaluator_text(options),
                               .what = "tables name architectures by NAS-Bench-201 strings",
                               .got = "--space " + options.text("space"),
                               .expected = "--space nasbench201"});
  }
  check_options_of_training(options);
  check_signs(options, TableRewards(options).all());
}

TableRewards::TableRewards(const common::Options& options) : file_(options.text("table")) {
  const Table table =
      read_table(file_, {{.option = "--reward-column", .name = options.text("reward-column")}});
  for (size_t i = 0; i < table.architectures.size(); ++i)
    rewards_[table.architectures[i]] = table.values[0][i];
  if (rewards_.empty()) throw common::DataError({.where = file_, .what = "the table has no rows"});
}

double TableRewards::of(const search_space::Architecture& architecture) const {
  const std::string name = search_space::to_nasbench201_text(architecture);
  const auto found = rewards_.find(name);
  if (found == rewards_.end())
    throw common::TrialError({.where = file_, .what = "no row for " + name});
  return found->second;
}

Verdict TableRewards::look_up(Trial& trial, const std::function<bool()>& keep_going,
                              const std::function<void(double)>& fill) const {
  if (!keep_going()) return Verdict::kStopped;
  try {
    fill(of(trial.architecture));
    trial.state = TrialState::kSucceeded;
  } catch (const common::Error& error) {
    trial.state = TrialState::kFailed;
    trial.reason = error.what();
  }
  return Verdict::kDone;
}

}  // namespace nas::engine
