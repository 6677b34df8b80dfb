#include "engine/supernet_trainings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/only_warnings.h"
#include "common/text.h"
#include "engine/proxy.h"
#include "engine/run_store.h"
#include "engine/search_options.h"
#include "engine/supernet_bench_options.h"

namespace nas::engine {

namespace {

namespace fs = std::filesystem;
using common::ConfigError;
using Texts = std::vector<std::string>;

Projection project_on(const common::Options& options, const common::Json& proxy) {
  return project_search(options, proxy.at("classes").get<int64_t>(),
                        proxy.at("train").get<int64_t>(), proxy.at("valid").get<int64_t>());
}

// Of what is kept of a supernet's cost.
void take_budget(const common::Json& kept, SupernetCost& cost) {
  cost.epochs = kept.at("epochs").get<int64_t>();
  cost.train_images = kept.at("train_images").get<int64_t>();
}

}  // namespace

SupernetTrainings::SupernetTrainings(const common::Options& options, Texts architectures)
    : options_(options), architectures_(std::move(architectures)) {
  check_supernet_methods(options_);
  check_runs();
}

void SupernetTrainings::check_runs() const {
  if (folder("").exists()) {
    throw common::UsageError({.where = "--out " + options_.text("out"),
                              .what = "this is the folder of a run",
                              .hint = "another --out"});
  }
  for (const auto& method : options_.list("methods")) {
    if (!supernet(method).exists() && options_.text("proxy").empty()) {
      throw common::UsageError(
          {.where = "nas bench supernet", .what = "no proxy dataset", .hint = "--proxy cifar10"});
    }
    const RunFolder run = alone(method);
    if (!run.exists() || run_options(run).list("start-with") == architectures_) continue;
    // --start-with is no option of this bench: a search's message would not help.
    throw ConfigError(
        {.where = "--out " + options_.text("out"),
         .what = "the trainings in " + run.path().string() + " are of other architectures",
         .expected = "the same --table, --architectures, --space and --seed",
         .hint = "another --out"});
  }
}

RunFolder SupernetTrainings::folder(const std::string& name) const {
  // A bare name would be that of a run under runs/.
  return RunFolder(fs::path(".") / options_.text("out") / name);
}

fs::path SupernetTrainings::cost_file(const std::string& method) const {
  return folder("alone-" + method + ".json").path();
}

void SupernetTrainings::announce(const RunFolder& run, const std::string& what) const {
  Texts runs;
  for (const auto& method : options_.list("methods"))
    runs.insert(runs.end(), {supernet(method).path().string(), alone(method).path().string()});
  const auto place = std::find(runs.begin(), runs.end(), run.path().string()) - runs.begin();
  common::log_info(
      fmt::format("{}/{}  {}, in {}", place + 1, runs.size(), what, run.path().string()));
}

common::Options SupernetTrainings::supernet_options(const std::string& method) const {
  common::Options wanted = search_options_of(options_, [&](const std::string& option) {
    return supernet_reads(option, method, options_);
  });
  wanted.set_value("run", supernet(method).path().string(), "flag");
  wanted.set_value("space", options_.text("space"), "flag");
  // As many as a training alone has, so that seconds are the same cost.
  wanted.set_value("threads", options_.integer("threads"), "flag");
  wanted.set_value("evaluator", "shared", "flag");
  wanted.set_value("supernet.method", method, "flag");
  wanted.set_value("strategy", strategy_of_method(method, options_), "flag");
  if (method == "spos") wanted.set_value("trials", 1, "flag");
  return wanted;
}

common::Options SupernetTrainings::alone_options(const std::string& method,
                                                 const common::Options& supernet,
                                                 const SupernetCost& cost) const {
  common::Options wanted = search_options_of(supernet, [](const std::string&) { return true; });
  const std::vector<std::pair<std::string, common::Json>> values = {
      {"run", alone(method).path().string()},
      {"evaluator", "trained"},
      {"strategy", "random"},
      {"supernet.method", "auto"},
      {"trials", static_cast<int64_t>(architectures_.size())},
      {"start-with", architectures_},
      {"epochs", cost.epochs},
      {"train-images", cost.train_images},
      // Another preset than that of shared weights must not change it.
      {"precision", supernet.text("precision")}};
  for (const auto& [name, value] : values) wanted.set_value(name, value, "flag");
  for (const char* name : {"workers", "window"})  // of the supernet it was one
    wanted.set_value(name, options_.at(name).value, options_.at(name).origin);
  return wanted;
}

bool SupernetTrainings::train_supernet(const std::string& method) const {
  announce(supernet(method), "the supernet of " + method);
  const common::OnlyWarnings quiet;
  return search(supernet_options(method)).end != SearchEnd::kAskedToStop;
}

bool SupernetTrainings::train_alone(const std::string& method, const SupernetCost& cost) const {
  announce(alone(method),
           fmt::format("{} alone, {} of {} each",
                       common::counted(static_cast<int64_t>(architectures_.size()), "architecture"),
                       common::counted(cost.epochs, "epoch"),
                       common::counted(cost.train_images, "image")));
  const common::OnlyWarnings quiet;
  const auto wanted = alone_options(method, run_options(supernet(method)), cost);
  return search(wanted).end != SearchEnd::kAskedToStop;
}

SupernetCost SupernetTrainings::cost_of_seconds(const common::Options& supernet,
                                                const common::Json& proxy, double seconds) const {
  common::Options once = supernet;
  once.set_value("evaluator", "trained", "flag");
  once.set_value("strategy", "random", "flag");
  once.set_value("epochs", 1, "flag");
  const double epoch = project_on(once, proxy).seconds_a_trial;
  const double passes = seconds / static_cast<double>(architectures_.size()) / epoch;
  const auto fewer = static_cast<int64_t>(std::min(1.0, passes) * proxy.at("train").get<double>());
  return {.seconds = seconds,
          .epochs = std::max<int64_t>(1, std::llround(passes)),
          .train_images = std::max(fewer, supernet.integer("batch-size"))};
}

SupernetCost SupernetTrainings::cost(const std::string& method, double rewarding_seconds) const {
  const RunFolder run = supernet(method);
  const fs::path file = cost_file(method);
  const common::Json begun = fs::exists(file) ? common::read_json(file) : common::Json::object();
  common::Json kept = begun;
  // Files of former versions lack it.
  if (!kept.contains("rewarding_seconds")) kept["rewarding_seconds"] = rewarding_seconds;
  const double seconds = seconds_of_trials(run) + kept["rewarding_seconds"].get<double>();
  if (!kept.contains("epochs")) {
    const auto cost = cost_of_seconds(run_options(run), proxy_json(run), seconds);
    kept.update({{"epochs", cost.epochs}, {"train_images", cost.train_images}});
  }
  if (kept != begun) common::write_file_atomically(file, kept.dump() + "\n");
  SupernetCost cost{.seconds = seconds};
  take_budget(kept, cost);
  return cost;
}

std::vector<SupernetBenchPart> SupernetTrainings::project() const {
  const common::OnlyWarnings quiet;
  const auto dry = [](common::Options wanted) {
    wanted.set_value("dry-run", true, "flag");
    return search(wanted);
  };
  std::vector<SupernetBenchPart> parts;
  const auto add = [&](const std::string& run, const SearchResult& tried, double more) {
    const bool done = !tried.dry_run;  // a finished run is only read
    parts.push_back(
        {.run = run, .seconds = done ? 0.0 : tried.projected.seconds + more, .done = done});
  };
  for (const auto& method : options_.list("methods")) {
    const RunFolder run = supernet(method);
    const SearchResult shared = dry(supernet_options(method));
    const common::Options options = shared.dry_run ? shared.options : run_options(run);
    const common::Json proxy = shared.dry_run ? shared.proxy : proxy_json(run);
    const Projection projected = shared.dry_run ? shared.projected : project_on(options, proxy);
    const double rewarding = projected.seconds_a_trial * static_cast<double>(architectures_.size());
    const double training = shared.dry_run ? projected.seconds : seconds_of_trials(run);
    SupernetCost cost = cost_of_seconds(options, proxy, training + rewarding);
    if (fs::exists(cost_file(method))) take_budget(common::read_json(cost_file(method)), cost);
    add(method, shared, rewarding);
    add("alone-" + method, dry(alone_options(method, options, cost)), 0.0);
  }
  return parts;
}

double seconds_of_trials(const RunFolder& run) {
  double seconds = 0;
  for (const auto& trial : open_store(run).trials())
    seconds += trial.reused_from ? 0.0 : trial.seconds;
  return seconds;
}

}  // namespace nas::engine
