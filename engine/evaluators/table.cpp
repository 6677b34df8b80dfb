// Rewards from a CSV: makes searches, and tests of the engine, take milliseconds.
#include <fmt/format.h>

#include <map>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/evaluator.h"
#include "engine/objective.h"
#include "engine/table_file.h"

namespace nas::engine {
namespace {

using Rewards = std::map<std::string, double>;  // by architecture

Rewards rewards_from(const common::Options& options) {
  const Table table =
      read_table(options.text("table"),
                 {{.option = "--reward-column", .name = options.text("reward-column")}});
  Rewards rewards;
  for (size_t i = 0; i < table.architectures.size(); ++i)
    rewards[table.architectures[i]] = table.values[0][i];
  return rewards;
}

// What the user asks of trainings, of which there are none.
void check_options_of_training(const common::Options& options) {
  for (const char* name : {"reward", "repeats"}) {
    if (!options.is_given(name)) continue;
    throw common::ConfigError({.where = std::string("--") + name,
                               .what = "with --evaluator table nothing is trained",
                               .expected = "--reward-column, the table's column"});
  }
  std::vector<std::string> unused;
  std::vector<std::string> names = {"proxy", "train-images", "valid-images"};
  for (const auto& option : child_trainer::TrainSettings().options()) names.push_back(option.name);
  for (const auto& name : names) {
    if (options.is_given(name)) unused.push_back("--" + name);
  }
  if (!unused.empty())
    common::log_info("with --evaluator table nothing is trained: " + common::join(unused, ", ") +
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
       .what = "with --evaluator table no latency is measured",
       .expected = "parameters or multiply-adds"});
}

void check_rewards(const common::Options& options) {
  const Rewards rewards = rewards_from(options);
  if (options.text("cost") == "none" && options.number("reward-power") == 1.0) return;
  for (const auto& [architecture, reward] : rewards) {
    if (reward >= 0) continue;
    throw common::DataError({.where = options.text("table"),
                             .what = "a reward below 0 has no power and no share of a cost",
                             .got = fmt::format("{:g} of {}", reward, architecture),
                             .hint = "another --reward-column, or no --cost and --reward-power"});
  }
}

class TableEvaluator : public Evaluator {
 public:
  explicit TableEvaluator(const common::Options& options)
      : file_(options.text("table")), rewards_(rewards_from(options)), objective_(options) {}

  Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) override {
    if (!keep_going()) return Verdict::kStopped;
    try {
      const double quality = value_of(search_space::to_nasbench201_text(trial.architecture));
      trial.reward = objective_.reward(quality, trial.metrics);
      trial.state = TrialState::kSucceeded;
    } catch (const common::Error& error) {
      trial.state = TrialState::kFailed;
      trial.reason = error.what();
    }
    return Verdict::kDone;
  }

 private:
  double value_of(const std::string& architecture) const {
    const auto found = rewards_.find(architecture);
    if (found == rewards_.end())
      throw common::TrialError({.where = file_, .what = "no row for " + architecture});
    return found->second;
  }

  std::string file_;
  Rewards rewards_;
  Objective objective_;
};

const common::Register<EvaluatorPlugin> kRegister{
    {.name = "table",
     .summary = "Looks the reward up in a CSV (--table)",
     .reads = {"table", "reward-column"},
     .check =
         [](const common::Options& options) {
           if (options.text("table").empty()) {
             throw common::UsageError(
                 {.where = "--evaluator table", .what = "no table", .hint = "--table FILE"});
           }
           if (options.text("space") != "nasbench201") {
             throw common::ConfigError(
                 {.where = "--evaluator table",
                  .what = "tables name architectures by NAS-Bench-201 strings",
                  .got = "--space " + options.text("space"),
                  .expected = "--space nasbench201"});
           }
           check_options_of_training(options);
           check_rewards(options);
         },
     .make = [](const RunFolder&, const common::Options& options) -> std::unique_ptr<Evaluator> {
       return std::make_unique<TableEvaluator>(options);
     },
     .needs_proxy = false,
     .exact = true}};

}  // namespace
}  // namespace nas::engine
