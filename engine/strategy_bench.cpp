#include "engine/strategy_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <deque>
#include <limits>
#include <unordered_set>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/log.h"
#include "controller/strategy.h"
#include "data/parallel_for.h"
#include "engine/search_options.h"
#include "engine/table_file.h"

namespace nas::engine {

namespace {

common::OptionList own_strategy_options() {
  using common::Registry;
  return {
      {.name = "table", .value = "", .help = "CSV with an `arch` column and rewards"},
      {.name = "reward-column",
       .value = "",
       .help = "Column that is the reward; by default the first besides `arch`"},
      {.name = "report-column",
       .value = "",
       .help = "Column that is stated of the best trial, and that no strategy sees; by default the "
               "reward"},
      {.name = "space",
       .value = "nasbench201",
       .help = "Search space of the table's architectures",
       .choices = spaces_of_networks()},
      {.name = "strategies",
       .value = std::vector<std::string>(),
       .help = "Strategies to compare; by default all"},
      {.name = "trials",
       .value = std::vector<std::string>{"30", "50", "100", "300"},
       .help = "Numbers of trials after which the best is stated; repeats count"},
      {.name = "seeds",
       .value = 100,
       .help = "Searches of each strategy, with the seeds 1, 2, …",
       .min = 1,
       .max = 1000000},
      {.name = "window",
       .value = 1,
       .help = "Proposals in flight, as with so many workers",
       .min = 1,
       .max = 100000},
      {.name = "json", .value = false, .help = "Print the rows as a JSON list"},
  };
}

std::vector<std::string> chosen_strategies(const common::Options& options) {
  using Strategies = common::Registry<controller::StrategyPlugin>;
  std::vector<std::string> names = options.list("strategies");
  if (names.empty()) names = controller::strategies_by_reward();
  for (const auto& name : names) {
    if (!Strategies::find(name).by_mixture) continue;
    throw common::ConfigError({.where = "--strategies",
                               .what = "it learns from a supernet, of which a table knows nothing",
                               .got = name});
  }
  return names;
}

constexpr int64_t kMostTrials = 10'000'000;

std::vector<int64_t> trial_counts(const common::Options& options) {
  std::vector<int64_t> counts;
  for (const auto& text : options.list("trials")) {
    int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size() || count < 1 ||
        count > kMostTrials) {
      throw common::ConfigError(
          {.where = "--trials",
           .what = "not a number of trials",
           .got = "'" + text + "'",
           .expected = "whole numbers from 1 to " + std::to_string(kMostTrials) + ", e.g. 30,100"});
    }
    counts.push_back(count);
  }
  if (counts.empty()) throw common::ConfigError({.where = "--trials", .what = "no number"});
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

// Where a row does not belong to the space, the message names its line.
search_space::Choices choices_of(const search_space::Space& space, const std::string& architecture,
                                 const std::string& place) {
  try {
    return space.choices(search_space::find_architecture(architecture));
  } catch (const common::Error& error) {
    throw common::DataError({.where = place, .what = error.what()});
  }
}

struct Deviation {
  double mean = 0.0;
  double deviation = 0.0;
};

Deviation deviation_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  Deviation spread;
  for (const double value : values) spread.mean += value / count;
  for (const double value : values)
    spread.deviation += (value - spread.mean) * (value - spread.mean);
  spread.deviation = values.size() < 2 ? std::numeric_limits<double>::quiet_NaN()
                                       : std::sqrt(spread.deviation / (count - 1.0));
  return spread;
}

}  // namespace

common::Json to_json(const StrategyBenchRow& row) {
  const auto deviation = [](double value) {
    return std::isnan(value) ? common::Json() : common::Json(value);
  };
  return {{"strategy", row.strategy},
          {"evaluations", row.evaluations},
          {"seeds", row.seeds},
          {"best_reward_mean", row.best_reward_mean},
          {"best_reward_sd", deviation(row.best_reward_sd)},
          {"report_mean", row.report_mean},
          {"report_sd", deviation(row.report_sd)},
          {"distinct_mean", row.distinct_mean}};
}

common::Options strategy_bench_options() {
  common::Options options(own_strategy_options());
  controller::declare_strategy_options(options);
  return options;
}

StrategyBench::StrategyBench(const common::Options& options)
    : options_(options),
      strategies_(chosen_strategies(options)),
      trials_(trial_counts(options)),
      seeds_(options.integer("seeds")),
      space_(common::Registry<search_space::SpacePlugin>::find(options.text("space")).make()) {
  const std::string file = options.text("table");
  if (file.empty()) {
    throw common::UsageError(
        {.where = "nas bench strategies", .what = "no rewards", .hint = "--table FILE"});
  }
  const std::string reward = options.text("reward-column");
  const std::string report = options.text("report-column");
  const Table table =
      read_table(file, {{.option = "--reward-column", .name = reward},
                        {.option = "--report-column", .name = report.empty() ? reward : report}});
  for (size_t i = 0; i < table.architectures.size(); ++i) {
    table_[choices_of(*space_, table.architectures[i], table.place(i))] = {
        .reward = table.values[0][i], .report = table.values[1][i]};
  }
  double all = 1.0;
  for (const auto& decision : space_->decisions())
    all *= static_cast<double>(decision.values.size());
  if (static_cast<double>(table_.size()) < all) {
    common::log_warning(
        fmt::format("{} has {} of the {:.6g} architectures of {}: the others count as failed", file,
                    table_.size(), all, options.text("space")));
  }
}

std::vector<StrategyBench::Point> StrategyBench::search(const std::string& name,
                                                        uint64_t seed) const {
  const auto strategy = controller::make_strategy(
      name, controller::SpaceView(*space_), {.seed = seed, .options = options_.section(name)});
  const auto window = static_cast<size_t>(options_.integer("window"));
  std::deque<controller::Observation> in_flight;
  std::unordered_set<std::string> keys;
  const Worth* best = nullptr;
  std::vector<Point> points;
  for (int64_t trial = 1; trial <= trials_.back(); ++trial) {
    if (in_flight.size() == window) {
      strategy->observe(in_flight.front());
      in_flight.pop_front();
    }
    const search_space::Choices choices = strategy->propose();
    keys.insert(space_->key(choices));
    const auto row = table_.find(choices);
    if (row == table_.end()) {
      in_flight.push_back({.choices = choices, .outcome = controller::Outcome::kFailed});
    } else {
      in_flight.push_back({.choices = choices, .reward = row->second.reward});
      if (best == nullptr || row->second.reward > best->reward) best = &row->second;
    }
    if (trial != trials_[points.size()]) continue;
    if (best == nullptr) {
      throw common::DataError(
          {.where = "--table",
           .what = "nothing that " + name + " proposed is in the table",
           .got = std::to_string(trial) + " trials of seed " + std::to_string(seed),
           .hint = "a table of the whole space, or more --trials"});
    }
    points.push_back({.best = best->reward,
                      .report = best->report,
                      .distinct = static_cast<double>(keys.size())});
  }
  return points;
}

std::vector<StrategyBenchRow> StrategyBench::run(
    const std::string& strategy, const std::function<void(int64_t done)>& show) const {
  child_trainer::set_threads(1);  // the cores are shared out to the seeds
  std::vector<std::vector<Point>> searches(static_cast<size_t>(seeds_));
  std::atomic<int64_t> done = 0;
  data::parallel_for(searches.size(), [&](size_t i, bool is_caller) {
    searches[i] = search(strategy, i + 1);
    ++done;
    if (is_caller) show(done);
  });
  std::vector<StrategyBenchRow> rows;
  for (size_t t = 0; t < trials_.size(); ++t) {
    const auto spread = [&](double Point::*part) {
      std::vector<double> values;
      for (const auto& points : searches) values.push_back(points[t].*part);
      return deviation_of(values);
    };
    const Deviation best = spread(&Point::best);
    const Deviation report = spread(&Point::report);
    rows.push_back({.strategy = strategy,
                    .evaluations = trials_[t],
                    .seeds = seeds_,
                    .best_reward_mean = best.mean,
                    .best_reward_sd = best.deviation,
                    .report_mean = report.mean,
                    .report_sd = report.deviation,
                    .distinct_mean = spread(&Point::distinct).mean});
  }
  return rows;
}

}  // namespace nas::engine
