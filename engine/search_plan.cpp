#include "engine/search_plan.h"

#include <fmt/format.h>

#include "common/log.h"
#include "common/text.h"
#include "engine/finalists.h"
#include "engine/ladder.h"
#include "engine/projection.h"
#include "engine/run_space.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace {

// ", preset laptop", where a preset has decided anything.
std::string preset_text(const common::Options& options) {
  for (const auto& option : options.all()) {
    if (common::starts_with(option.origin, "preset ")) return ", " + option.origin;
  }
  return "";
}

// "22 decisions, 9.1e+18 choices"; where decisions depend on others, at most so many.
std::string size_text(const search_space::Space& space) {
  double choices = 1.0;
  for (const auto& decision : space.decisions())
    choices *= static_cast<double>(decision.values.size());
  const bool few = choices < 1e6;
  return fmt::format(
      "{} decisions, {} choices", space.decisions().size(),
      few ? common::with_commas(static_cast<int64_t>(choices)) : fmt::format("{:.2g}", choices));
}

std::string schedule_text(const common::Options& options) {
  const SupernetSchedule supernet(options);
  const std::string epochs = common::counted(supernet.epochs(), "epoch");
  if (supernet.method() == "spos") return epochs + " on random paths, then the rewards";
  if (supernet.method() == "darts")
    return epochs + " on all operations at once, a cell derived in each";
  const int64_t rest = options.integer("supernet.trials-an-epoch");
  return fmt::format("{} on paths that {} samples, {} after each, {} after the last", epochs,
                     options.text("strategy"), common::counted(rest, "reward"),
                     options.integer("trials") - (supernet.epochs() - 1) * rest);
}

}  // namespace

Projection print_plan(const RunFolder& run, const common::Options& options,
                      const common::Json& proxy, bool project) {
  common::log_info(fmt::format("run       {}", run.path().string()));
  common::log_info(
      fmt::format("search    {} on {}, {} trials, {} workers of {} thread(s), seed {}{}",
                  options.text("strategy"), options.text("space"), options.integer("trials"),
                  options.integer("workers"), options.integer("threads"), options.integer("seed"),
                  preset_text(options)));
  common::log_info("space     " + size_text(RunSpace(options).space()));
  if (options.text("prescreen") != "none") {
    common::log_info(fmt::format("prescreen the best of {} proposals by {}",
                                 options.integer("pool"), options.text("prescreen")));
  }
  if (options.text("cost") != "none") {
    common::log_info(fmt::format("reward    quality^{:g} x ({} / {:g})^{:g}",
                                 options.number("reward-power"), options.text("cost"),
                                 options.number("cost-target"), options.number("cost-weight")));
  }
  if (const Ladder ladder(options); ladder.epochs().size() > 1) {
    std::vector<std::string> rungs;
    for (const int64_t epochs : ladder.epochs()) rungs.push_back(std::to_string(epochs));
    common::log_info(fmt::format("fidelity  {}: children go on from rung to rung, after {} epochs",
                                 options.text("fidelity"), common::join(rungs, ", ")));
  }
  if (options.integer("finalists") > 0) {
    common::log_info(fmt::format("finalists the best {} are trained anew for {} epochs",
                                 options.integer("finalists"), finalist_epochs(options)));
  }
  if (proxy.is_null()) {
    common::log_info("rewards   from " + options.text("table"));
    return {};
  }
  common::log_info(fmt::format(
      "proxy     {}{}: {} training and {} held-out images at {} px, {} classes",
      proxy["name"].get<std::string>(), proxy["synthetic"].get<bool>() ? " (synthetic)" : "",
      proxy["train"].get<int64_t>(), proxy["valid"].get<int64_t>(),
      proxy["input_size"].get<int64_t>(), proxy["classes"].get<int64_t>()));
  common::log_info(fmt::format("children  {} a stage, {} filters, {}, batch {}, learning rate {:g}",
                               common::counted(options.integer("cells"), "cell"),
                               options.integer("filters"),
                               common::counted(options.integer("epochs"), "epoch"),
                               options.integer("batch-size"), options.number("lr")));
  if (const SupernetSchedule supernet(options); supernet.shared())
    common::log_info(fmt::format("supernet  {}: {}", supernet.method(), schedule_text(options)));
  if (!project) return {};
  const Projection projection =
      project_search(options, proxy["classes"].get<int64_t>(), proxy["train"].get<int64_t>(),
                     proxy["valid"].get<int64_t>());
  const bool in_rungs = options.text("fidelity") != "full";
  const std::string choice =
      projection.seconds_a_choice > 0
          ? ", " + common::duration_text(projection.seconds_a_choice) + " to choose it"
          : "";
  const std::string supernet =
      projection.supernet_seconds > 0
          ? "the supernet " + common::duration_text(projection.supernet_seconds) + ", "
          : "";
  common::log_info(fmt::format("projected {}{} ({}{} a trial{}{}), {} of memory a child",
                               common::duration_text(projection.seconds),
                               in_rungs || options.integer("finalists") > 0
                                   ? fmt::format(" for about {:.0f} epochs", projection.epochs)
                                   : "",
                               supernet, common::duration_text(projection.seconds_a_trial),
                               in_rungs ? " that goes all the way" : "", choice,
                               common::bytes_text(projection.bytes_a_child)));
  return projection;
}

}  // namespace nas::engine
