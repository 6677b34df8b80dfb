// Rewards from a CSV: makes searches, and tests of the engine, take milliseconds.
#include <map>

#include "common/error.h"
#include "engine/evaluator.h"
#include "engine/objective.h"
#include "engine/table_file.h"

namespace nas::engine {
namespace {

using Rewards = std::map<std::string, double>;  // by architecture

Rewards rewards_from(const common::Options& options) {
  const Table table = read_table(options.text("table"), {options.text("reward-column")});
  Rewards rewards;
  for (size_t i = 0; i < table.architectures.size(); ++i)
    rewards[table.architectures[i]] = table.values[0][i];
  return rewards;
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
           if (options.is_given("reward")) {
             throw common::ConfigError(
                 {.where = "--reward",
                  .what = "nothing is trained whose metrics could be rewarded",
                  .expected = "--reward-column, the table's column"});
           }
           rewards_from(options);
         },
     .make = [](const RunFolder&, const common::Options& options) -> std::unique_ptr<Evaluator> {
       return std::make_unique<TableEvaluator>(options);
     },
     .needs_proxy = false,
     .exact = true}};

}  // namespace
}  // namespace nas::engine
