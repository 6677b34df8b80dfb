#include "engine/supernet_bench.h"

#include <limits>

#include "child_trainer/device.h"
#include "child_trainer/supernet/mixture_supernet.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/network_costs.h"
#include "engine/proxy_sample.h"
#include "engine/reward.h"
#include "engine/run_store.h"
#include "engine/run_supernet.h"
#include "engine/signals.h"
#include "engine/supernet_bench_options.h"

namespace nas::engine {

namespace {

using Numbers = std::vector<double>;

common::OptionList own_supernet_bench_options() {
  return {{.name = "architectures",
           .value = 30,
           .help = "Architectures of the table to rank, drawn at random",
           .min = kFewestRanked,
           .max = 10000},
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

TableSample sample_of(const common::Options& options) {
  if (options.text("table").empty()) {
    throw common::UsageError({.where = "nas bench supernet",
                              .what = "nothing to compare the supernets with",
                              .hint = "--table FILE --column NAME"});
  }
  TableSample sample = sample_of_table(options);
  if (sample.architectures.size() < static_cast<size_t>(kFewestRanked)) {
    throw common::NothingError({.where = "--table",
                                .what = "too few architectures to rank",
                                .got = std::to_string(sample.architectures.size()),
                                .expected = std::to_string(kFewestRanked) + " or more"});
  }
  return sample;
}

// What a supernet says of the sample.
struct Ranked {
  Numbers rewards;
  Numbers mixture;       // darts: the logarithm of what the operations weigh, summed
  double seconds = 0.0;  // of these rewards
};

class SupernetBench {
 public:
  explicit SupernetBench(const common::Options& options)
      : options_(options),
        device_(child_trainer::find_devices(options.text("device")).front()),
        sample_(sample_of(options)),
        trainings_(options, sample_.architectures) {
    for (const auto& text : sample_.architectures) {
      architectures_.push_back(search_space::find_architecture(text));
      worth_.push_back(sample_.worth.at(name_of(architectures_.back())));
    }
  }

  std::optional<SupernetBenchResult> run() {
    SupernetBenchResult result{.architectures = static_cast<int64_t>(architectures_.size()),
                               .column = sample_.column};
    for (const auto& method : options_.list("methods")) {
      if (!trainings_.train_supernet(method)) return std::nullopt;
      const Ranked ranked = rank(trainings_.supernet(method));
      const SupernetCost cost = trainings_.cost(method, ranked.seconds);
      add(result, method, "rewards with its shared weights", ranked.rewards, cost.seconds);
      if (!ranked.mixture.empty())
        add(result, method + "-mixture", "what it weighs their operations", ranked.mixture,
            cost.seconds);
      // A search forgets a signal that came before it.
      if (stop_signal() != 0 || !trainings_.train_alone(method, cost)) return std::nullopt;
      add_alone(result, method, cost);
    }
    Numbers parameters;
    const RunFolder any = trainings_.supernet(options_.list("methods").at(0));
    const NetworkCosts costs(any);
    const common::Options sizes = run_options(any);
    for (const auto& architecture : architectures_)
      parameters.push_back(costs.of(architecture, sizes).at("parameters").get<double>());
    add(result, "parameters", "their number, without any training", parameters, 0.0);
    return result;
  }

  std::vector<SupernetBenchPart> project() const { return trainings_.project(); }

 private:
  void add(SupernetBenchResult& result, const std::string& order, const std::string& meaning,
           const Numbers& values, double seconds) const {
    const auto seed = static_cast<uint64_t>(options_.integer("seed"));
    result.rows.push_back({.order = order,
                           .meaning = meaning,
                           .agreement = rank_agreement(values, worth_, seed),
                           .seconds = seconds});
  }

  void add_alone(SupernetBenchResult& result, const std::string& method,
                 const SupernetCost& cost) const {
    const RunFolder run = trainings_.alone(method);
    constexpr double kFailed = std::numeric_limits<double>::lowest();  // ranks last
    Numbers rewards;
    for (const auto& trial : open_store(run).trials())
      rewards.push_back(trial.reward.value_or(kFailed));
    rewards.resize(architectures_.size(), kFailed);
    add(result, "alone-" + method,
        common::counted(cost.epochs, "epoch") + " of " +
            common::counted(cost.train_images, "image") + " each, alone",
        rewards, seconds_of_trials(run));
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
    ranked.seconds = common::monotonic_seconds() - start;
    return ranked;
  }

  common::Options options_;
  at::Device device_;
  TableSample sample_;
  SupernetTrainings trainings_;
  std::vector<search_space::Architecture> architectures_;
  Numbers worth_;
};

}  // namespace

common::Json to_json(const SupernetBenchResult& result) {
  common::Json json = {{"architectures", result.architectures},
                       {"column", result.column},
                       {"rows", common::Json::array()}};
  for (const auto& row : result.rows) {
    common::Json line = to_json(row.agreement);
    line.update({{"order", row.order}, {"seconds", row.seconds}});
    json["rows"].push_back(line);
  }
  return json;
}

common::Json to_json(const std::vector<SupernetBenchPart>& parts) {
  common::Json json = {{"seconds", 0.0}, {"parts", common::Json::array()}};
  double seconds = 0;
  for (const auto& part : parts) {
    seconds += part.seconds;
    json["parts"].push_back({{"run", part.run}, {"seconds", part.seconds}, {"done", part.done}});
  }
  json["seconds"] = seconds;
  return {{"projected", json}};
}

common::Options supernet_bench_options() {
  common::Options options(own_supernet_bench_options());
  options.declare(supernet_training_options());
  return options;
}

std::optional<SupernetBenchResult> bench_supernet(const common::Options& options) {
  listen_for_stop(/*terminal_too=*/true);
  return SupernetBench(options).run();
}

std::vector<SupernetBenchPart> project_supernet_bench(const common::Options& options) {
  return SupernetBench(options).project();
}

}  // namespace nas::engine
