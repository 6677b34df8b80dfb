#include "engine/search_options.h"

#include <charconv>
#include <cmath>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/text.h"
#include "controller/strategy.h"
#include "engine/evaluator.h"
#include "engine/finalists.h"
#include "engine/job_options.h"
#include "engine/ladder.h"
#include "engine/limits.h"
#include "engine/objective.h"
#include "engine/prescreen.h"
#include "engine/reward.h"
#include "engine/size_prior.h"
#include "engine/supernet_schedule.h"
#include "search_space/network_options.h"

namespace nas::engine {

namespace {

// Options that only a search has; the training's are added from TrainSettings.
common::OptionList own_search_options() {
  using common::Lasting;
  using common::Registry;
  return {
      {.name = "proxy",
       .value = "",
       .help = "Dataset that children are trained on: a name (`nas list datasets`) or a file"},
      {.name = "run",
       .value = "",
       .help = "Run folder: created, continued, or, when finished, shown; by default a new one "
               "under runs/",
       .lasting = Lasting::kThisCall},
      {.name = "space",
       .value = "nasnet",
       .help = "Search space: " + common::join(spaces_of_networks(), ", ") +
               ", or a TOML file that describes one (docs/spaces.md)"},
      {.name = "strategy",
       .value = "model-ppo",
       .help = "Search strategy",
       .choices = Registry<controller::StrategyPlugin>::names()},
      {.name = "trials",
       .value = 20,
       .help =
           "Children to train; what is not trained (repeats, INFEASIBLE, NOT_RUN), and promotions, "
           "are not counted",
       .min = 1,
       .max = 10000000,
       .lasting = Lasting::kUntilChanged},
      reward_option(),
      {.name = "repeats",
       .value = 0,
       .help =
           "The best so many trials are trained once more at the end, with other seeds; they come "
           "on top of --trials",
       .min = 0,
       .max = 100000,
       .lasting = Lasting::kUntilChanged},
      size_prior_option(),
      {.name = "start-with",
       .value = std::vector<std::string>(),
       .help = "Architectures to try first (names or files)"},
      {.name = "input-size",
       .value = 32,
       .help = "Side to which proxy images are scaled",
       .unit = "pixels",
       .min = 8,
       .max = 1024},
      {.name = "train-images", .value = 8000, .help = "Proxy images to train on; 0: all", .min = 0},
      {.name = "valid-images",
       .value = 2000,
       .help = "Held-out proxy images that give the reward",
       .min = 1},
      {.name = "workers",
       .value = 0,
       .help = "Children side by side, on the GPUs of --device in turn; 0: one a GPU, or on the "
               "CPU one a core",
       .min = 0,
       .max = 4096,
       .lasting = Lasting::kUntilChanged},
      {.name = "window",
       .value = 0,
       .help = "Proposals in flight; fixes the order of learning, so it cannot change on a resume; "
               "0: the number of workers",
       .min = 0,
       .max = 100000},
      {.name = "threads",
       .value = 1,
       .help = "Threads a child; cannot change on a resume",
       .min = 1,
       .max = 1024},
      {.name = "time-limit",
       .value = 0.0,
       .help = "Stop proposing after this long, and training a supernet, which keeps a checkpoint; "
               "0: never",
       .unit = "seconds",
       .min = 0,
       .lasting = Lasting::kThisCall},
      {.name = "child-time-limit",
       .value = 0.0,
       .help = "A child that trains longer is TIMEOUT; 0: no limit",
       .unit = "seconds",
       .min = 0,
       .lasting = Lasting::kUntilChanged},
      {.name = "child-silence",
       .value = 300.0,
       .help = "A child that shows no progress for so long is TIMEOUT",
       .unit = "seconds",
       .min = 0.1,
       .lasting = Lasting::kUntilChanged},
      {.name = "child-memory",
       .value = "0",
       .help = "A child that takes more is OOM, e.g. 4GB (on a GPU also of its memory); 0: its "
               "share of the machine, or of a container's limit, and of a GPU that several share",
       .lasting = Lasting::kUntilChanged},
      {.name = "max-attempts",
       .value = 3,
       .help = "Deaths of a trial's child by a signal before it is FAILED",
       .min = 1,
       .max = 100},
      {.name = "keep",
       .value = 3,
       .help = "Trials whose weights are kept: the best so many",
       .min = 1,
       .max = 100000,
       .lasting = Lasting::kUntilChanged},
      {.name = "evaluator",
       .value = "trained",
       .help = "How a proposal gets its reward",
       .choices = Registry<EvaluatorPlugin>::names()},
      {.name = "table",
       .value = "",
       .help = "CSV with an `arch` column, for --evaluator table or curves"},
      {.name = "reward-column",
       .value = "",
       .help = "Column of --table that is the reward; by default the second"},
      {.name = "store",
       .value = "",
       .help =
           "Database: sqlite:FILE or postgresql:CONNECTION; by default run.db in the run folder"},
  };
}

const std::vector<Preset>& search_presets() {
  static const std::vector<Preset> all = {
      // Under ten minutes on two cores (scripts/calibrate_laptop measures the reward's worth).
      {"laptop",
       {{"trials", 16},
        {"cells", 1},
        {"filters", 8},
        {"input-size", 32},
        {"train-images", 4000},
        {"valid-images", 2000},
        {"epochs", 3},
        {"batch-size", 64},
        {"lr", 0.1},
        {"size-prior", 1.0}}},
      {"workstation",
       {{"trials", 500},
        {"cells", 2},
        {"filters", 16},
        {"input-size", 32},
        {"train-images", 0},
        {"valid-images", 5000},
        {"epochs", 10},
        {"batch-size", 128},
        {"lr", 0.1},
        {"precision", "bf16"}}},
      // Of --evaluator shared, where they take the place of the two above.
      {"supernet-laptop",
       {{"trials", 200},
        {"cells", 1},
        {"filters", 8},
        {"input-size", 16},
        {"train-images", 8000},
        {"valid-images", 2000},
        {"epochs", 30},
        {"batch-size", 64},
        {"lr", 0.05},
        {"size-prior", 2.0}}},
      // The search of Liu et al. 2019.
      {"supernet-workstation",
       {{"trials", 1000},
        {"cells", 2},
        {"filters", 16},
        {"input-size", 32},
        {"train-images", 25000},
        {"valid-images", 25000},
        {"epochs", 50},
        {"batch-size", 64},
        {"lr", 0.025}}},
      // Zoph et al. 2018, appendix A.
      {"paper",
       {{"trials", 20000},
        {"cells", 2},
        {"filters", 32},
        {"input-size", 32},
        {"train-images", 0},
        {"valid-images", 5000},
        {"epochs", 20},
        {"batch-size", 32},
        {"lr", 0.025},
        {"weight-decay", 5e-4},
        {"strategy", "ppo"},
        {"ppo.batch-size", 20},
        {"ppo.learning-rate", 3.5e-4},
        {"ppo.entropy", 1e-5},
        {"ppo.baseline-decay", 0.95},
        {"ppo.reward-shape", "linear"},
        {"ppo.imitation", 0.0},
        {"ppo.avoid-repeats", 0}}},
  };
  return all;
}

}  // namespace

std::vector<std::string> spaces_of_networks() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : common::Registry<search_space::SpacePlugin>::entries()) {
    if (!entry.plugin.of_settings) names.push_back(name);
  }
  return names;
}

common::Options search_options() {
  common::Options options;
  options.declare(own_search_options());
  options.declare(Ladder::options());
  options.declare(finalist_options());
  options.declare(Objective::options());
  options.declare(Limits::options());
  options.declare(Prescreen::options());
  options.declare(SupernetSchedule::options(), "supernet");
  options.declare(job_options());
  options.declare(search_space::NetworkOptions{.cells = 1, .filters = 8}.options());
  options.declare(child_trainer::TrainSettings().options());
  controller::declare_strategy_options(options);
  declare_presets(options, search_presets());
  return options;
}

common::OptionList search_options_without(const OptionNames& decided) {
  common::OptionList options = search_options().all();
  std::erase_if(options, [&](const common::Option& option) { return decided(option.name); });
  return options;
}

common::Options search_options_of(const common::Options& from, const OptionNames& taken) {
  common::Options options = search_options();
  for (const auto& option : from.all()) {
    if (options.contains(option.name) && !from.is_default(option.name) && taken(option.name))
      options.set_value(option.name, option.value, option.origin);
  }
  return options;
}

double parse_bytes(const std::string& option, const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit = common::trim(common::lower(std::string(end, text.data() + text.size())));
  const std::vector<std::pair<std::string, double>> units = {
      {"", 1},      {"b", 1},        {"kb", 1e3},        {"mb", 1e6},          {"gb", 1e9},
      {"tb", 1e12}, {"kib", 1024.0}, {"mib", 1048576.0}, {"gib", 1073741824.0}};
  for (const auto& [name, factor] : units) {
    if (error == std::errc() && unit == name && number >= 0 && std::isfinite(number * factor))
      return number * factor;
  }
  throw common::ConfigError({.where = "--" + option,
                             .what = "not a size",
                             .got = "'" + text + "'",
                             .expected = "a number with MB, GB, MiB or GiB"});
}

}  // namespace nas::engine
