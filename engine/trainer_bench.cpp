#include "engine/trainer_bench.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "child_trainer/device.h"
#include "child_trainer/step_graph.h"
#include "common/error.h"
#include "common/file.h"
#include "common/process.h"
#include "engine/bench_child.h"
#include "engine/helper_process.h"
#include "engine/projection.h"
#include "search_space/cost.h"
#include "search_space/traffic.h"

namespace nas::engine {

namespace {

using common::Json;

constexpr int kReplyMs = 1000;

common::OptionList timing_options() {
  return {{.name = "children",
           .value = 1,
           .help = "Children that train side by side",
           .min = 1,
           .max = 256},
          {.name = "rounds", .value = 5, .help = "Rounds that are timed", .min = 1, .max = 10000},
          {.name = "steps", .value = 5, .help = "Steps of a round", .min = 1, .max = 100000},
          {.name = "warm-up",
           .value = 2,
           .help = "Steps before the first round",
           .min = 0,
           .max = 1000},
          {.name = "data",
           .value = false,
           .help = "Time the making of batches alone, in place of training"},
          {.name = "evaluate", .value = false, .help = "Time inference, in place of training"},
          {.name = "json", .value = false, .help = "Print the result as JSON"}};
}

std::vector<std::string> works_of(const common::Options& options) {
  std::vector<std::string> works;
  if (options.flag("data")) works.emplace_back("batches");
  if (options.flag("evaluate")) works.emplace_back("inference");
  if (works.empty()) works.emplace_back("training");
  return works;
}

// It has said itself why it ended, unless it was killed.
[[noreturn]] void throw_ended(const common::ProcessStatus& status) {
  const bool data = status.signal == 0 && status.exit_code == common::kExitData;
  throw common::Error(
      {.where = "nas bench trainer",
       .what = "a child ended",
       .got = status.text(),
       .hint = data ? "" : "a smaller --batch-size or fewer --children where memory ran out"},
      data ? common::kExitData : common::kExitFailed);
}

// The children; they answer in their order.
class Children {
 public:
  Children(const common::Options& options, int64_t threads) {
    std::vector<std::string> command = {common::self_path().string(), "bench-child", "--parent",
                                        std::to_string(getpid())};
    const common::Options shared = bench_child_options();
    for (const auto& option : shared.all()) {
      command.emplace_back("--set");
      command.push_back(option.name + "=" + options.at(option.name).value_text());
    }
    command.insert(command.end(), {"--set", "threads=" + std::to_string(threads)});
    for (int64_t i = 0; i < options.integer("children"); ++i) {
      children_.push_back(std::make_unique<common::Process>(
          common::ProcessOptions{.arguments = command,
                                 .environment = helper_environment(threads),
                                 .pipe_stdin = true,
                                 .pipe_stdout = true}));
    }
    for (auto& child : children_) data_bytes_ = answer_of(*child).at("data_bytes").get<double>();
  }

  double data_bytes() const { return data_bytes_; }  // of a child's images

  std::vector<Json> time(const std::string& work, int64_t steps) {
    const std::string request = Json({{"work", work}, {"steps", steps}}).dump();
    for (auto& child : children_) child->write_line(request);  // a dead one's output has ended
    std::vector<Json> answers;
    for (auto& child : children_) answers.push_back(answer_of(*child));
    return answers;
  }

 private:
  static Json answer_of(common::Process& child) {
    for (;;) {
      if (const auto line = child.read_line(kReplyMs)) return common::parse_json(*line, "bench");
      if (child.at_end()) throw_ended(child.wait());
    }
  }

  std::vector<std::unique_ptr<common::Process>> children_;
  double data_bytes_ = 0.0;
};

// The answers of one work's rounds, summed up.
struct RoundSums {
  std::vector<double> images_per_second;
  std::map<std::string, std::vector<double>> step_seconds;
  double peak_bytes = 0.0;

  void add(const std::vector<Json>& answers) {
    double rate = 0;
    std::map<std::string, double> parts;
    for (const auto& answer : answers) {
      rate += answer.at("images").get<double>() / answer.at("seconds").get<double>();
      peak_bytes = std::max(peak_bytes, answer.at("peak_bytes").get<double>());
      if (!answer.contains("parts")) continue;
      for (const auto& [part, seconds] : answer.at("parts").items())
        parts[part] += seconds.get<double>() / static_cast<double>(answers.size());
    }
    images_per_second.push_back(rate);
    for (const auto& [part, seconds] : parts) step_seconds[part].push_back(seconds);
  }

  TimedWork summary() const {
    TimedWork work{.images_per_second = spread_of(images_per_second)};
    for (const auto& [part, seconds] : step_seconds) work.step_seconds[part] = spread_of(seconds);
    return work;
  }
};

SpeedLimits limits_of(const child_trainer::Roofline& roofline, double multiply_adds, double bytes) {
  return {.compute = roofline.flops / (2.0 * multiply_adds),
          .memory = roofline.bytes_per_second / bytes};
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {.median = median, .lowest = values.front(), .highest = values.back()};
}

common::Json to_json(const Spread& spread) {
  return {{"median", spread.median}, {"lowest", spread.lowest}, {"highest", spread.highest}};
}

common::Json to_json(const TrainerBenchResult& result) {
  Json json = {{"parameters", result.parameters}, {"multiply_adds", result.multiply_adds},
               {"children", result.children},     {"threads", result.threads},
               {"device", result.device},         {"kernels", result.kernels},
               {"options", result.options},       {"peak_bytes", std::llround(result.peak_bytes)}};
  if (result.predicted_bytes > 0) json["predicted_bytes"] = std::llround(result.predicted_bytes);
  json["roofline"] = {{"flops", result.roofline.flops},
                      {"bytes_per_second", result.roofline.bytes_per_second}};
  for (const auto& [name, work] : result.work) {
    json[name] = {{"images_per_second", to_json(work.images_per_second)}};
    for (const auto& [part, seconds] : work.step_seconds)
      json[name]["step_seconds"][part] = to_json(seconds);
    if (work.limits.compute > 0)
      json[name]["limits"] = {{"compute", work.limits.compute}, {"memory", work.limits.memory}};
  }
  return json;
}

common::Options trainer_bench_options() {
  common::Options options = bench_child_options();
  options.declare(timing_options());
  return options;
}

TrainerBenchResult bench_trainer(const common::Options& options,
                                 const std::function<void(int64_t done, int64_t count)>& show) {
  const int64_t children = options.integer("children");
  const int64_t threads = options.integer("threads") > 0 ? options.integer("threads")
                                                         : child_trainer::threads_a_child(children);
  const auto graph = bench_network(options);
  const auto cost = search_space::cost_of(graph);
  const auto traffic = search_space::traffic_of(graph);
  const auto device = child_trainer::find_device(options.text("device"));
  const auto settings = child_trainer::TrainSettings::from(options);
  const auto works = works_of(options);
  const bool trains = std::count(works.begin(), works.end(), "training") > 0;
  const double images = static_cast<double>(options.integer("images")) * 3 *
                        std::pow(static_cast<double>(options.integer("input-size")), 2);
  const double least = options.text("proxy").empty() ? images : 0.0;
  if (trains)
    require_memory(static_cast<double>(children) * training_bytes(graph, settings, device, least),
                   device);
  child_trainer::warn_of_threads(children * threads);
  const std::string kernels = child_trainer::kernels_text(settings, device);
  int64_t warm_up = options.integer("warm-up");
  if (child_trainer::records_steps(settings, {}, device, /*ranks=*/1))
    warm_up = std::max<int64_t>(warm_up, child_trainer::StepGraph::kFirstSteps + 1);
  std::map<std::string, RoundSums> rounds;
  double data_bytes = 0;
  {
    Children timed(options, threads);
    data_bytes = timed.data_bytes();
    for (const auto& work : works) timed.time(work, warm_up);
    const int64_t count = options.integer("rounds");
    for (int64_t round = 0; round < count; ++round) {
      for (const auto& work : works) rounds[work].add(timed.time(work, options.integer("steps")));
      show(round + 1, count);
    }
  }
  TrainerBenchResult result{.parameters = cost.parameters + cost.auxiliary_parameters,
                            .multiply_adds = cost.multiply_adds,
                            .children = children,
                            .threads = threads,
                            .device = child_trainer::device_text({device}),
                            .kernels = kernels};
  if (trains) result.predicted_bytes = training_bytes(graph, settings, device, data_bytes);
  const common::Options shared = bench_child_options();
  for (const auto& option : shared.all())
    result.options[option.name] = options.at(option.name).value;
  child_trainer::set_threads(threads * children);
  result.roofline = child_trainer::measure_roofline(device, options.text("precision") == "bf16");
  const auto forward = static_cast<double>(cost.multiply_adds);
  for (const auto& work : works) {
    result.work[work] = rounds[work].summary();
    result.peak_bytes = std::max(result.peak_bytes, rounds[work].peak_bytes);
  }
  // The backward pass multiplies twice: for the inputs' gradients and for the weights'.
  if (const auto found = result.work.find("training"); found != result.work.end())
    found->second.limits = limits_of(result.roofline, 3 * forward, traffic.training_bytes);
  if (const auto found = result.work.find("inference"); found != result.work.end())
    found->second.limits = limits_of(result.roofline, forward, traffic.inference_bytes);
  return result;
}

}  // namespace nas::engine
