#include "engine/supernet_schedule.h"

#include <algorithm>

#include "child_trainer/device.h"
#include "common/error.h"
#include "controller/strategy.h"
#include "engine/limits.h"
#include "search_space/space.h"

namespace nas::engine {

namespace {

using common::ConfigError;
using controller::StrategyPlugin;

bool is_shared(const common::Options& options) { return options.text("evaluator") == "shared"; }

const StrategyPlugin& strategy_of(const common::Options& options) {
  return common::Registry<StrategyPlugin>::find(options.text("strategy"));
}

std::string method_of(const common::Options& options) {
  const std::string given = options.text("supernet.method");
  if (given != "auto") return given;
  const StrategyPlugin& strategy = strategy_of(options);
  if (strategy.by_mixture) return "darts";
  return strategy.samples ? "enas" : "spos";
}

void check_method(const common::Options& options) {
  const std::string method = method_of(options);
  const StrategyPlugin& strategy = strategy_of(options);
  if (strategy.by_mixture != (method == "darts")) {
    throw ConfigError({.where = "--supernet.method",
                       .what = "the mixture of operations has a strategy of its own",
                       .got = method + " with --strategy " + strategy.name,
                       .expected = "darts with --strategy darts"});
  }
  if (method == "enas" && !strategy.samples) {
    throw ConfigError({.where = "--supernet.method",
                       .what = "nothing that the strategy has learnt can be sampled to train on",
                       .got = "enas with --strategy " + strategy.name,
                       .expected = "--strategy ppo or reinforce",
                       .hint = "--supernet.method spos"});
  }
}

void check_darts(const common::Options& options) {
  const auto space = search_space::find_space(options.text("space"));
  if (!space->mixture()) {
    throw ConfigError({.where = "--strategy darts",
                       .what = "this space has no mixture of operations",
                       .got = "--space " + options.text("space"),
                       .expected = "--space darts, nasbench201, or a file with one of these as "
                                   "skeleton, a cell for each kind, without repeat-inputs"});
  }
  if (options.integer("trials") != options.integer("epochs") + 1) {
    throw ConfigError({.where = "--trials",
                       .what = "darts derives a cell in each epoch, and one after the last",
                       .got = std::to_string(options.integer("trials")),
                       .expected = "one more than --epochs",
                       .hint = "leave --trials out"});
  }
  if (options.integer("darts.warmup-epochs") >= options.integer("epochs")) {
    throw ConfigError({.where = "--darts.warmup-epochs",
                       .what = "the operations would weigh the same to the end",
                       .got = options.at("darts.warmup-epochs").value_text(),
                       .expected = "fewer than --epochs " + options.at("epochs").value_text()});
  }
  if (options.integer("window") > 1) {
    throw ConfigError({.where = "--window",
                       .what = "each cell is derived from the mixture that the one before left",
                       .got = std::to_string(options.integer("window")),
                       .expected = "1"});
  }
  if (Limits(options).any()) {
    throw ConfigError({.where = "--max-parameters, --max-multiply-adds, --max-latency-ms",
                       .what = "the mixture cannot be kept within a limit",
                       .hint = "another strategy"});
  }
  if (!options.list("start-with").empty()) {
    throw ConfigError({.where = "--start-with",
                       .what = "the mixture trains all operations of the space at once",
                       .hint = "another strategy"});
  }
}

void check_enas(const common::Options& options) {
  const int64_t rest = options.integer("supernet.trials-an-epoch");
  const int64_t least = (options.integer("epochs") - 1) * rest + 1;
  if (rest == 0 || options.integer("trials") >= least) return;
  throw ConfigError(
      {.where = "--trials",
       .what = "the search would end before the shared weights are trained",
       .got = std::to_string(options.integer("trials")),
       .expected = std::to_string(least) + " or more, with " + std::to_string(rest) + " an epoch",
       .hint = "fewer --epochs or --supernet.trials-an-epoch"});
}

void check_start(const common::Options& options) {
  const auto space = search_space::find_space(options.text("space"));
  for (const auto& text : options.list("start-with")) {
    try {
      space->choices(search_space::find_architecture(text));
    } catch (const common::DataError&) {
      throw ConfigError({.where = "--start-with",
                         .what = "the supernet of a space has weights for its networks alone",
                         .got = text,
                         .expected = "architectures of --space " + options.text("space")});
    }
  }
}

void refuse(bool given, const std::string& where, const std::string& what) {
  if (given) throw ConfigError({.where = where, .what = what, .hint = "--evaluator trained"});
}

}  // namespace

common::OptionList SupernetSchedule::options() {
  return {
      {.name = "method",
       .value = "auto",
       .help = "How --evaluator shared trains its weights: enas, in turns with the controller, on "
               "paths that it samples; spos, first, on random paths; darts, on all at once; auto: "
               "enas with --strategy ppo or reinforce, darts with darts, else spos",
       .choices = {"auto", "enas", "spos", "darts"}},
      {.name = "trials-an-epoch",
       .value = 0,
       .help = "Rewards between two epochs of enas; 0: such that half of --trials come after the "
               "last epoch, or a few more; at least 1",
       .unit = "trials",
       .min = 0,
       .max = 10000000},
      {.name = "calibration-images",
       .value = 1000,
       .help = "Training images that a network's batch norms take their statistics from before it "
               "is rewarded",
       .min = 1},
      {.name = "reward-images",
       .value = 0,
       .help = "Held-out images, drawn anew each time, that a reward is measured on while the "
               "weights are still trained; 0, and afterwards: all",
       .min = 0},
  };
}

void SupernetSchedule::resolve(common::Options& options) {
  if (!is_shared(options)) return;
  const std::string method = method_of(options);
  if (options.text("supernet.method") == "auto")
    options.set_value("supernet.method", method, "machine");
  if (options.integer("workers") == 0) options.set_value("workers", 1, "machine");
  if (!options.is_given("threads"))  // there is one child
    options.set_value("threads", child_trainer::threads_a_child(1), "machine");
  if (method == "darts" && !options.is_given("trials"))
    options.set_value("trials", options.integer("epochs") + 1, "machine");
  if (options.integer("supernet.trials-an-epoch") == 0) {
    const int64_t between = std::max<int64_t>(1, options.integer("epochs") - 1);
    const int64_t half = options.integer("trials") / (2 * between);
    options.set_value("supernet.trials-an-epoch", std::max<int64_t>(1, half), "machine");
  }
}

void SupernetSchedule::check(const common::Options& options) {
  const bool by_mixture = strategy_of(options).by_mixture;
  if (!is_shared(options)) {
    if (!by_mixture) return;
    throw ConfigError({.where = "--strategy " + options.text("strategy"),
                       .what = "it learns from a supernet that mixes all operations",
                       .got = "--evaluator " + options.text("evaluator"),
                       .expected = "--evaluator shared"});
  }
  check_method(options);
  refuse(options.flag("aux"), "--aux", "shared weights have no auxiliary head");
  refuse(options.text("prescreen") != "none", "--prescreen",
         "a reward by shared weights costs no more than a score");
  refuse(options.number("child-time-limit") > 0, "--child-time-limit",
         "one training serves all trials");
  refuse(options.text("cuda-graph") == "on", "--cuda-graph on",
         "each step of a supernet is of another network");
  refuse(options.text("reward") == "train-loss", "--reward train-loss",
         "no network is trained by itself");
  check_start(options);
  const std::string method = method_of(options);
  if (method == "darts") check_darts(options);
  if (method == "enas") check_enas(options);
}

SupernetSchedule::SupernetSchedule(const common::Options& options) {
  if (!is_shared(options)) return;
  method_ = method_of(options);
  epochs_ = options.integer("epochs");
  if (method_ == "enas")
    trials_an_epoch_ = std::max<int64_t>(1, options.integer("supernet.trials-an-epoch"));
}

int64_t SupernetSchedule::epochs_before(int64_t trial) const {
  if (method_.empty() || method_ == "spos") return epochs_;
  return std::min(epochs_, 1 + trial / trials_an_epoch_);
}

std::string SupernetSchedule::why_no_model() const {
  if (is_derived()) return "the cell that the mixture stood for last";
  return method_ == "enas" ? "rewards after equally many epochs are by the same weights"
                           : "all are rewarded with the same weights";
}

int64_t SupernetSchedule::weights_of(int64_t trial) const {
  return method_ == "darts" ? trial : epochs_before(trial);
}

int64_t SupernetSchedule::begins_epoch(int64_t trial) const {
  if (method_.empty() || method_ == "spos") return -1;
  const bool first = trial == 0 || epochs_before(trial) > epochs_before(trial - 1);
  return first ? epochs_before(trial) - 1 : -1;
}

}  // namespace nas::engine
