#include "engine/proxy_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/log.h"
#include "common/statistics.h"
#include "engine/further_trainings.h"
#include "engine/proxy_sample.h"
#include "engine/reward_model.h"
#include "engine/run_store.h"
#include "engine/search.h"
#include "engine/search_options.h"
#include "engine/signals.h"

namespace nas::engine {

namespace {

using Numbers = std::vector<double>;

constexpr size_t kFewest = 8;       // architectures of which a correlation is stated
constexpr double kGoodRatio = 4.0;  // of the variances between and within architectures
constexpr double kGood = 0.7;       // Spearman correlations
constexpr double kFilter = 0.4;

common::OptionList own_proxy_options() {
  return {
      {.name = "architectures",
       .value = 40,
       .help = "Architectures to train, drawn at random",
       .min = 8,
       .max = 10000},
      {.name = "seeds",
       .value = 5,
       .help = "Trainings of the one in the middle, each with another seed",
       .min = 1,
       .max = 1000},
      {.name = "long-epochs",
       .value = 0,
       .help = "Without a table: epochs of the longer training of each, which is taken for what it "
               "is worth",
       .min = 0,
       .max = 100000},
      {.name = "table",
       .value = "",
       .help =
           "CSV with an `arch` column and what architectures are worth; they are drawn from it"},
      {.name = "column",
       .value = "",
       .help = "Column of --table that says it; by default the first besides `arch`"},
      {.name = "out",
       .value = "bench-proxy",
       .help = "Folder that keeps the trainings; the same command goes on with them"}};
}

// What a search has and this bench decides, or does not need.
bool is_left_out(const std::string& name) {
  static const std::set<std::string> names = {
      "run",       "strategy",   "trials",        "start-with", "repeats",
      "evaluator", "table",      "reward-column", "time-limit", "dry-run",
      "fidelity",  "min-epochs", "eta",           "finalists",  "finalist-epochs"};
  return names.count(name) > 0 || name.find('.') != std::string::npos;
}

class ProxyBench {
 public:
  explicit ProxyBench(const common::Options& options)
      : options_(options),
        short_(folder("short")),
        long_(folder("long-" + std::to_string(options.integer("long-epochs")))) {
    if (options_.text("table").empty() && options_.integer("long-epochs") == 0) {
      throw common::UsageError({.where = "nas bench proxy",
                                .what = "nothing to compare the children with",
                                .hint = "--long-epochs N, or --table FILE --column NAME"});
    }
  }

  std::optional<ProxyBenchResult> run() {
    Worth worth;
    std::vector<std::string> drawn;
    if (by_table()) {
      TableSample sample = sample_of_table(options_);
      worth = std::move(sample.worth);
      drawn = std::move(sample.architectures);
    }
    if (!train(short_, drawn, /*epochs=*/0)) return std::nullopt;
    const auto trials = open_store(short_).trials();
    if (!repeat_middle(trials)) return std::nullopt;
    if (!by_table()) {
      if (!train(long_, files_of(trials), options_.integer("long-epochs"))) return std::nullopt;
      for (const auto& trial : open_store(long_).trials()) {
        if (trial.reward) worth[name_of(trial.architecture)] = *trial.reward;
      }
    }
    return compared(trials, worth);
  }

 private:
  bool by_table() const { return !options_.text("table").empty(); }

  RunFolder folder(const std::string& name) const {
    return RunFolder(std::filesystem::path(options_.text("out")) / name);
  }

  // A search without a strategy. False when asked to stop.
  bool train(const RunFolder& run, const std::vector<std::string>& architectures,
             int64_t epochs) const {
    common::Options wanted = search_options();
    for (const auto& option : options_.all()) {
      if (wanted.contains(option.name) && !is_left_out(option.name) &&
          !options_.is_default(option.name)) {
        wanted.set_value(option.name, option.value, option.origin);
      }
    }
    const auto count = architectures.empty() ? options_.integer("architectures")
                                             : static_cast<int64_t>(architectures.size());
    // A bare name would be that of a run under runs/.
    const auto path = std::filesystem::path(".") / run.path();
    wanted.set_value("run", path.string(), "flag");
    wanted.set_value("strategy", "random", "flag");
    wanted.set_value("trials", count, "flag");
    wanted.set_value("start-with", architectures, "flag");
    if (epochs > 0) wanted.set_value("epochs", epochs, "flag");
    return engine::search(wanted).end != SearchEnd::kAskedToStop;
  }

  // The architectures that have a reward.
  std::vector<std::string> files_of(const std::vector<Trial>& trials) const {
    std::vector<std::string> files;
    for (const auto& trial : trials) {
      if (trial.reward && !trial.reused_from)
        files.push_back((short_.trial(trial.id) / "architecture.json").string());
    }
    return files;
  }

  // The one whose reward is in the middle stands for all: how much does its reward vary?
  bool repeat_middle(const std::vector<Trial>& trials) const {
    auto trained = trained_architectures(trials, {});
    if (trained.empty()) return true;
    std::stable_sort(trained.begin(), trained.end(), [](const Trained& a, const Trained& b) {
      return a.mean_reward() < b.mean_reward();
    });
    const Trial& middle = trained[trained.size() / 2].trial;
    std::vector<Trial> repeats;
    for (int64_t number = 1; number < options_.integer("seeds"); ++number)
      repeats.push_back(repeat_of(middle, number));
    const FolderLock lock(short_.path());
    common::ProgressLine line;
    const bool whole = train_further(
        short_, run_options(short_), "repeat", repeats, [&](int64_t done, int64_t count) {
          line.show(fmt::format("{}/{} further trainings of trial {}", done, count, middle.id),
                    done == count);
        });
    line.finish();
    return whole;
  }

  ProxyBenchResult compared(const std::vector<Trial>& trials, const Worth& worth) const;

  common::Options options_;
  RunFolder short_;
  RunFolder long_;
};

double deviation_of(const Numbers& values) {
  if (values.size() < 2) return 0.0;
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::string verdict_of(const ProxyBenchResult& result) {
  const auto& ranking = *std::find_if(result.agreements.begin(), result.agreements.end(),
                                      [](const Agreement& a) { return a.order == "ranking"; });
  std::string text = fmt::format(
      "What the engine ranks by has a rank correlation of {:.2f} ± {:.2f} "
      "with the {}: ",
      ranking.spearman, ranking.spearman_error, result.truth);
  if (ranking.spearman >= kGood) {
    text += "good enough to choose by.";
  } else if (ranking.spearman >= kFilter) {
    text += "a filter that drops bad cells; train the best few longer before you choose.";
  } else {
    text +=
        "too little to spend a search on; take more training images first, they tell more than "
        "more epochs do.";
  }
  if (result.seeds > 1 &&
      result.between * result.between < kGoodRatio * result.within * result.within) {
    text += fmt::format(
        " One training tells little: rewards of one architecture vary by {:.4f}, "
        "those of all by {:.4f}; --repeats helps.",
        result.within, result.between);
  }
  return text;
}

ProxyBenchResult ProxyBench::compared(const std::vector<Trial>& trials, const Worth& worth) const {
  const auto repeats = open_store(short_).further();
  auto trained = trained_architectures(trials, repeats);
  ProxyBenchResult result{.truth = by_table() ? "table" : "longer training", .seeds = 1};
  for (const auto& one : trained) {
    if (one.rewards.size() < 2) continue;
    result.within = deviation_of(one.rewards);
    result.seeds = static_cast<int64_t>(one.rewards.size());
  }
  // One training each is what a search has.
  trained = trained_architectures(trials, {});
  std::erase_if(trained, [&](const Trained& one) {
    return worth.count(name_of(one.trial.architecture)) == 0;
  });
  const size_t count = trained.size();
  if (count < kFewest) {
    throw common::NothingError({.where = "nas bench proxy",
                                .what = "too few children succeeded",
                                .got = std::to_string(count),
                                .expected = std::to_string(kFewest) + " or more",
                                .hint = "nas status --run " + short_.path().string()});
  }
  result.architectures = static_cast<int64_t>(count);
  child_trainer::set_threads(1);
  const RewardModel model(trained, run_options(short_));
  Numbers truth;
  Numbers reward;
  Numbers expected;
  Numbers ranking;
  Numbers from_others;
  Numbers parameters;
  for (size_t i = 0; i < count; ++i) {
    const Trial& trial = trained[i].trial;
    truth.push_back(worth.at(name_of(trial.architecture)));
    reward.push_back(trained[i].mean_reward());
    expected.push_back(model.mean(i));
    ranking.push_back(model.worth(i));
    from_others.push_back(model.worth_from_others(i));
    parameters.push_back(trial.metrics.value("parameters", 0.0));
    result.seconds_a_child += trial.seconds / static_cast<double>(count);
  }
  result.between = deviation_of(reward);
  const auto seed = static_cast<uint64_t>(options_.integer("seed"));
  const auto add = [&](const std::string& order, const std::string& meaning,
                       const Numbers& values) {
    result.agreements.push_back(
        {.order = order,
         .meaning = meaning,
         .spearman = common::spearman(values, truth),
         .spearman_error = common::bootstrap_error(common::spearman, values, truth, seed),
         .kendall = common::kendall(values, truth),
         .kendall_error = common::bootstrap_error(common::kendall, values, truth, seed)});
  };
  add("reward", "the child's reward alone", reward);
  add("expected", "what is expected of it, after all rewards, by features and cost", expected);
  add("ranking", "what the engine ranks by: the same, and --size-prior", ranking);
  add("from-others", "the same without its own reward", from_others);
  add("parameters", "the number of parameters, without any training", parameters);
  result.verdict = verdict_of(result);
  return result;
}

}  // namespace

common::Json to_json(const ProxyBenchResult& result) {
  common::Json json = {{"truth", result.truth},
                       {"architectures", result.architectures},
                       {"seconds_a_child", result.seconds_a_child},
                       {"between_sd", result.between},
                       {"within_sd", result.within},
                       {"seeds", result.seeds},
                       {"agreements", common::Json::array()},
                       {"verdict", result.verdict}};
  for (const auto& row : result.agreements) {
    json["agreements"].push_back({{"order", row.order},
                                  {"spearman", row.spearman},
                                  {"spearman_error", row.spearman_error},
                                  {"kendall", row.kendall},
                                  {"kendall_error", row.kendall_error}});
  }
  return json;
}

common::Options proxy_bench_options() {
  common::Options options(own_proxy_options());
  common::OptionList children = search_options().all();
  std::erase_if(children, [](const common::Option& option) { return is_left_out(option.name); });
  options.declare(std::move(children));
  return options;
}

std::optional<ProxyBenchResult> bench_proxy(const common::Options& options) {
  listen_for_stop(/*terminal_too=*/true);
  return ProxyBench(options).run();
}

}  // namespace nas::engine
