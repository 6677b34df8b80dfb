#include "engine/supernet_bench.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "child_trainer/device.h"
#include "child_trainer/supernet/mixture_supernet.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "engine/network_costs.h"
#include "engine/projection.h"
#include "engine/proxy_sample.h"
#include "engine/reward.h"
#include "engine/run_store.h"
#include "engine/run_supernet.h"
#include "engine/search.h"
#include "engine/search_options.h"
#include "engine/signals.h"
#include "search_space/space.h"

namespace nas::engine {

namespace {

using Numbers = std::vector<double>;

// Of options that all searches get, be they for their strategy or not.
constexpr const char* kOrigin = "nas bench supernet";

common::OptionList own_supernet_bench_options() {
  return {{.name = "architectures",
           .value = 30,
           .help = "Architectures of the table to rank, drawn at random",
           .min = 8,
           .max = 10000},
          {.name = "methods",
           .value = std::vector<std::string>{"enas", "spos", "darts"},
           .help = "Supernets to train, of: enas, spos, darts"},
          {.name = "controller",
           .value = "ppo",
           .help = "The strategy of enas",
           .choices = {"ppo", "reinforce"}},
          {.name = "table",
           .value = "",
           .help = "CSV with an `arch` column and what architectures are worth"},
          {.name = "column",
           .value = "",
           .help = "Column of --table that says it; by default the first besides `arch`"},
          {.name = "out",
           .value = "bench-supernet",
           .help = "Folder that keeps the runs; the same command goes on with them"}};
}

// What a search has and this bench decides, or does not need.
bool is_decided_here(const std::string& name) {
  static const std::set<std::string> names = {
      "run",        "strategy",      "start-with", "repeats",   "evaluator",      "table",
      "time-limit", "reward-column", "dry-run",    "prescreen", "supernet.method"};
  return names.count(name) > 0;
}

// What a supernet says of the sample.
struct Ranked {
  Numbers rewards;
  Numbers mixture;       // darts: the logarithm of what the operations weigh, summed
  double seconds = 0.0;  // of the search, and of these rewards
};

class SupernetBench {
 public:
  explicit SupernetBench(const common::Options& options)
      : options_(options), device_(child_trainer::find_devices(options.text("device")).front()) {
    if (options_.text("table").empty()) {
      throw common::UsageError({.where = "nas bench supernet",
                                .what = "nothing to compare the supernets with",
                                .hint = "--table FILE --column NAME"});
    }
    common::Options known = search_options();
    for (const auto& method : options_.list("methods"))
      known.set_value("supernet.method", method, "--methods");
    sample_ = sample_of_table(options_);
    for (const auto& text : sample_.architectures) {
      architectures_.push_back(search_space::find_architecture(text));
      worth_.push_back(sample_.worth.at(name_of(architectures_.back())));
    }
    if (architectures_.size() < static_cast<size_t>(kFewestRanked)) {
      throw common::NothingError({.where = "--table",
                                  .what = "too few architectures to rank",
                                  .got = std::to_string(architectures_.size()),
                                  .expected = std::to_string(kFewestRanked) + " or more"});
    }
  }

  std::optional<SupernetBenchResult> run() {
    SupernetBenchResult result{.architectures = static_cast<int64_t>(architectures_.size())};
    for (const auto& method : options_.list("methods")) {
      const auto run = train_supernet(method);
      if (!run) return std::nullopt;
      const Ranked ranked = rank(*run);
      add(result, method, "rewards with its shared weights", ranked.rewards, ranked.seconds);
      if (!ranked.mixture.empty())
        add(result, method + "-mixture", "what it weighs their operations", ranked.mixture,
            ranked.seconds);
      if (!train_alone(method, *run, ranked.seconds, result)) return std::nullopt;
    }
    Numbers parameters;
    const RunFolder any = folder(options_.list("methods").at(0));
    const NetworkCosts costs(any);
    const common::Options sizes = run_options(any);
    for (const auto& architecture : architectures_)
      parameters.push_back(costs.of(architecture, sizes).at("parameters").get<double>());
    add(result, "parameters", "their number, without any training", parameters, 0.0);
    return result;
  }

 private:
  RunFolder folder(const std::string& name) const {
    // A bare name would be that of a run under runs/.
    return RunFolder(std::filesystem::path(".") / options_.text("out") / name);
  }

  void add(SupernetBenchResult& result, const std::string& order, const std::string& meaning,
           const Numbers& values, double seconds) const {
    const auto seed = static_cast<uint64_t>(options_.integer("seed"));
    result.rows.push_back({.order = order,
                           .meaning = meaning,
                           .agreement = rank_agreement(values, worth_, seed),
                           .seconds = seconds});
  }

  // Nothing when asked to stop.
  std::optional<RunFolder> train_supernet(const std::string& method) const {
    const RunFolder run = folder(method);
    common::Options wanted = search_options();
    for (const auto& option : options_.all()) {
      const bool of_trials = option.name == "trials" && method != "enas";
      if (wanted.contains(option.name) && !is_decided_here(option.name) && !of_trials &&
          !options_.is_default(option.name)) {
        wanted.set_value(option.name, option.value, kOrigin);
      }
    }
    const std::string strategy = method == "enas"    ? options_.text("controller")
                                 : method == "darts" ? "darts"
                                                     : "random";
    wanted.set_value("run", run.path().string(), "flag");
    wanted.set_value("space", options_.text("space"), "flag");
    // As many as a training alone has, so that seconds are the same cost.
    wanted.set_value("threads", options_.integer("threads"), "flag");
    wanted.set_value("evaluator", "shared", "flag");
    wanted.set_value("supernet.method", method, "flag");
    wanted.set_value("strategy", strategy, "flag");
    if (method == "spos") wanted.set_value("trials", 1, "flag");  // only to have it trained
    if (engine::search(wanted).end == SearchEnd::kAskedToStop) return std::nullopt;
    return run;
  }

  static double seconds_of(const RunFolder& run) {
    double seconds = 0;
    for (const auto& trial : open_store(run).trials())
      seconds += trial.reused_from ? 0.0 : trial.seconds;
    return seconds;
  }

  Ranked rank(const RunFolder& run) const {
    const common::Options options = run_options(run);
    child_trainer::set_threads(options.integer("threads"));
    const auto supernet = open_supernet(run, options, device_);
    const double start = common::monotonic_seconds();
    Ranked ranked;
    for (const auto& architecture : architectures_) {
      const auto subnetwork = supernet->subnetwork(architecture);
      const auto metrics = supernet->evaluate(*subnetwork, 0, {});
      const child_trainer::EpochMetrics last{.valid_loss = metrics.log_loss,
                                             .valid_accuracy = metrics.accuracy,
                                             .valid_auc_prc = metrics.auc_prc};
      ranked.rewards.push_back(reward_of(options.text("reward"), last, supernet->dataset().task));
      if (const auto* mixed = dynamic_cast<child_trainer::MixtureSupernet*>(supernet.get()))
        ranked.mixture.push_back(
            mixed->mixture().log_weight(architecture, mixed->weights().values()));
    }
    ranked.seconds = seconds_of(run) + common::monotonic_seconds() - start;
    return ranked;
  }

  // Epochs and images of each architecture alone, so that all together take so many seconds; kept,
  // since a second measurement would be another one.
  common::Json budget_of(const std::string& method, const common::Options& options,
                         double seconds) const {
    const auto file = folder("alone-" + method + ".json").path();
    if (std::filesystem::exists(file)) return common::read_json(file);
    const auto info = data::read_dataset_info(folder(method).proxy());
    common::Options once = options;
    once.set_value("evaluator", "trained", "flag");
    once.set_value("strategy", "random", "flag");
    once.set_value("epochs", 1, "flag");
    const double epoch =
        project_search(once, info.header.class_count(), info.train, info.valid).seconds_a_trial;
    const double passes = seconds / static_cast<double>(architectures_.size()) / epoch;
    const auto images =
        static_cast<int64_t>(std::min(1.0, passes) * static_cast<double>(info.train));
    const common::Json budget = {{"epochs", std::max<int64_t>(1, std::llround(passes))},
                                 {"train_images", std::max(images, options.integer("batch-size"))}};
    common::write_file_atomically(file, budget.dump() + "\n");
    return budget;
  }

  // False when asked to stop.
  bool train_alone(const std::string& method, const RunFolder& supernet, double seconds,
                   SupernetBenchResult& result) const {
    common::Options wanted = search_options();
    const common::Options trained = run_options(supernet);
    for (const auto& option : trained.all()) {
      if (wanted.contains(option.name)) wanted.set_value(option.name, option.value, option.origin);
    }
    const common::Json budget = budget_of(method, wanted, seconds);
    const RunFolder run = folder("alone-" + method);
    const auto count = static_cast<int64_t>(architectures_.size());
    const std::vector<std::pair<std::string, common::Json>> values = {
        {"run", run.path().string()},
        {"evaluator", "trained"},
        {"strategy", "random"},
        {"supernet.method", "auto"},
        {"trials", count},
        {"start-with", sample_.architectures},
        {"epochs", budget.at("epochs")},
        {"train-images", budget.at("train_images")}};
    for (const auto& [name, value] : values) wanted.set_value(name, value, "flag");
    for (const char* name : {"workers", "window"})  // of the supernet it was one
      wanted.set_value(name, options_.at(name).value, options_.at(name).origin);
    if (engine::search(wanted).end == SearchEnd::kAskedToStop) return false;
    Numbers rewards;
    for (const auto& trial : open_store(run).trials())
      rewards.push_back(trial.reward.value_or(0.0));  // one that failed ranks last
    rewards.resize(architectures_.size());
    add(result, "alone-" + method,
        std::to_string(budget.at("epochs").get<int64_t>()) + " epochs of " +
            std::to_string(budget.at("train_images").get<int64_t>()) + " images each, alone",
        rewards, seconds_of(run));
    return true;
  }

  common::Options options_;
  at::Device device_;
  TableSample sample_;
  std::vector<search_space::Architecture> architectures_;
  Numbers worth_;
};

}  // namespace

common::Json to_json(const SupernetBenchResult& result) {
  common::Json json = {{"architectures", result.architectures}, {"rows", common::Json::array()}};
  for (const auto& row : result.rows) {
    common::Json line = to_json(row.agreement);
    line.update({{"order", row.order}, {"seconds", row.seconds}});
    json["rows"].push_back(line);
  }
  return json;
}

common::Options supernet_bench_options() {
  common::Options options(own_supernet_bench_options());
  common::OptionList all = search_options().all();
  std::erase_if(all, [](const common::Option& option) { return is_decided_here(option.name); });
  for (auto& option : all) {
    if (option.name == "space") option.value = "nasbench201";
  }
  options.declare(std::move(all));
  return options;
}

std::optional<SupernetBenchResult> bench_supernet(const common::Options& options) {
  listen_for_stop(/*terminal_too=*/true);
  return SupernetBench(options).run();
}

}  // namespace nas::engine
