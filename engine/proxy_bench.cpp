#include "engine/proxy_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/shell_quote.h"
#include "engine/proxy_sample.h"
#include "engine/proxy_trainings.h"
#include "engine/reward_model.h"
#include "engine/run_store.h"
#include "engine/search.h"
#include "engine/signals.h"

namespace nas::engine {

namespace {

using Numbers = std::vector<double>;

constexpr double kGoodRatio = 4.0;  // of the variances between and within architectures
constexpr double kGood = 0.7;       // Spearman correlations
constexpr double kFilter = 0.4;

common::OptionList own_proxy_options() {
  return {
      {.name = "architectures",
       .value = 40,
       .help = "Architectures to train, drawn at random",
       .min = kFewestRanked,
       .max = 10000},
      {.name = "seeds",
       .value = 5,
       .help = "Trainings of the one in the middle, each with another seed",
       .min = 1,
       .max = 1000},
      {.name = "long-epochs",
       .value = 0,
       .help =
           "Without a table: epochs of the longer training of each, with another seed, which is "
           "taken for what it is worth; more than --epochs",
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

// What contradicts itself, before anything is read.
void check(const common::Options& options) {
  const bool by_table = !options.text("table").empty();
  const bool is_longer = options.integer("long-epochs") > 0;
  if (!by_table && !is_longer) {
    throw common::UsageError({.where = "nas bench proxy",
                              .what = "nothing to compare the children with",
                              .hint = "--long-epochs N, or --table FILE --column NAME"});
  }
  if (by_table && is_longer) {
    throw common::UsageError({.where = "--long-epochs",
                              .what = "what they are worth is what --table says",
                              .expected = "one of them"});
  }
  if (!by_table && !options.text("column").empty()) {
    throw common::UsageError(
        {.where = "--column", .what = "a column of no table", .expected = "--table FILE"});
  }
}

double deviation_of(const Numbers& values) {
  if (values.size() < 2) return 0.0;
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::string verdict_of(const ProxyBenchResult& result) {
  const RankAgreement& ranking =
      std::find_if(result.agreements.begin(), result.agreements.end(), [](const OrderAgreement& a) {
        return a.order == "ranking";
      })->agreement;
  if (std::isnan(ranking.spearman)) {
    return fmt::format(
        "None: all architectures are the same by what the engine ranks by, or by the {}.",
        result.truth);
  }
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

ProxyBenchResult compared(const common::Options& options, const RunFolder& children,
                          const std::string& truth_name, const Worth& worth) {
  Store store = open_store(children);
  const auto trials = store.trials();
  auto trained = trained_architectures(trials, store.further());
  ProxyBenchResult result{.truth = truth_name, .seeds = 1};
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
  if (static_cast<int64_t>(count) < kFewestRanked) {
    const std::string run = (std::filesystem::path(".") / children.path()).string();
    throw common::NothingError({.where = "nas bench proxy",
                                .what = "too few children succeeded",
                                .got = std::to_string(count),
                                .expected = std::to_string(kFewestRanked) + " or more",
                                .hint = common::shell_command({"nas", "status", "--run", run})});
  }
  result.architectures = static_cast<int64_t>(count);
  child_trainer::set_threads(1);
  const RewardModel model(trained, run_options(children));
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
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  const auto add = [&](const std::string& order, const std::string& meaning,
                       const Numbers& values) {
    result.agreements.push_back(
        {.order = order, .meaning = meaning, .agreement = rank_agreement(values, truth, seed)});
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
  common::Json json = {
      {"truth", result.truth},
      {"architectures", result.architectures},
      {"seconds_a_child", result.seconds_a_child},
      {"between_sd", result.between},
      {"within_sd", result.seeds > 1 ? common::Json(result.within) : common::Json()},
      {"seeds", result.seeds},
      {"agreements", common::Json::array()},
      {"verdict", result.verdict}};
  for (const auto& row : result.agreements) {
    common::Json agreement = to_json(row.agreement);
    agreement["order"] = row.order;
    json["agreements"].push_back(agreement);
  }
  return json;
}

common::Options proxy_bench_options() {
  common::Options options(own_proxy_options());
  options.declare(proxy_training_options());
  return options;
}

std::optional<ProxyBenchResult> bench_proxy(const common::Options& options) {
  listen_for_stop(/*terminal_too=*/true);
  check(options);
  const bool by_table = !options.text("table").empty();
  TableSample sample;
  if (by_table) sample = sample_of_table(options);
  ProxyTrainings trainings(options, sample.architectures);
  if (!trainings.train()) return std::nullopt;
  if (!by_table) {
    for (const auto& trial : trainings.longer_trainings()) {
      if (trial.reward) sample.worth[name_of(trial.architecture)] = *trial.reward;
    }
  }
  return compared(options, trainings.children(), by_table ? "table" : "longer training",
                  sample.worth);
}

}  // namespace nas::engine
