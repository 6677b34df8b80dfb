#include "engine/search_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "child_trainer/device.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/evaluator.h"
#include "engine/finalists.h"
#include "engine/helper_process.h"
#include "engine/ladder.h"
#include "engine/projection.h"
#include "engine/run_space.h"
#include "engine/search_options.h"
#include "engine/supernet_schedule.h"
#include "search_space/network_family.h"

namespace nas::engine {

namespace {

// ", preset laptop", where a preset has decided anything.
std::string preset_text(const common::Options& options) {
  for (const auto& option : options.all()) {
    if (common::starts_with(option.origin, "preset ")) return ", " + option.origin;
  }
  return "";
}

void warn_of_few_settings(const RunSpace& space, int64_t trials) {
  const auto different = space.trainings();
  if (!different || *different >= trials) return;
  common::log_warning(fmt::format(
      "there are {} different settings, those as given included: more than these are not trained",
      *different));
}

// On a GPU a child's share is known where it runs; here, what the user gave.
void warn_of_memory(const common::Options& options, double bytes) {
  const bool gpu = child_trainer::find_devices(options.text("device")).front().is_cuda();
  const double most =
      gpu ? parse_bytes("child-memory", options.text("child-memory")) : helper_memory(options);
  if (most <= 0 || bytes <= most) return;
  common::log_warning(fmt::format(
      "a child is projected to take {} of memory, and may take {}{}: {}; try a larger "
      "--child-memory, or a smaller --batch-size, --cells or --filters",
      common::bytes_text(bytes), common::bytes_text(most),
      options.is_given("child-memory") ? " (--child-memory)" : ", its share of this machine",
      SupernetSchedule(options).shared() ? "its training would end the search"
                                         : "those that take more will be OOM"));
}

// More images than there are: all are taken.
void warn_of_images(const common::Options& options, const std::string& name,
                    const std::string& what, int64_t images) {
  if (!options.is_given(name) || options.integer(name) <= images) return;
  common::log_warning(fmt::format("--{} {}: there are {} {} images, and all are taken", name,
                                  options.integer(name), images, what));
}

std::string schedule_text(const common::Options& options) {
  const SupernetSchedule supernet(options);
  const std::string epochs = common::counted(supernet.epochs(), "epoch");
  if (supernet.method() == "spos") return epochs + " on random paths, then the rewards";
  if (supernet.method() == "darts")
    return epochs + " on all operations at once, a cell derived in each";
  const std::string sampled = epochs + " on paths that " + options.text("strategy") + " samples";
  if (supernet.epochs() == 1) return sampled + ", then the rewards";
  const int64_t rest = options.integer("supernet.trials-an-epoch");
  return fmt::format("{}, {} after each but the last, {} after that", sampled,
                     common::counted(rest, "reward"),
                     options.integer("trials") - (supernet.epochs() - 1) * rest);
}

}  // namespace

// Where decisions depend on others, at most so many.
std::string size_text(const search_space::Space& space) {
  double choices = 1.0;
  double log10 = 0.0;  // of it: it may be more than a double holds
  for (const auto& decision : space.decisions()) {
    const auto values = static_cast<double>(decision.values.size());
    choices *= values;
    log10 += std::log10(values);
  }
  std::string text = fmt::format("10^{:.0f}", log10);
  if (std::isfinite(choices)) text = fmt::format("{:.2g}", choices);
  if (choices < 1e6) text = common::with_commas(static_cast<int64_t>(choices));
  const auto decisions = static_cast<int64_t>(space.decisions().size());
  return common::counted(decisions, "decision") + ", " + text + " choices";
}

Projection print_plan(const RunFolder& run, const common::Options& options,
                      const common::Json& proxy, bool project) {
  common::log_info(fmt::format("run       {}", run.path().string()));
  common::log_info(fmt::format("search    {} on {}, {}, {} of {}, seed {}{}",
                               options.text("strategy"), options.text("space"),
                               common::counted(options.integer("trials"), "trial"),
                               common::counted(options.integer("workers"), "worker"),
                               common::counted(options.integer("threads"), "thread"),
                               options.integer("seed"), preset_text(options)));
  const RunSpace space(options);
  common::log_info("space     " + size_text(space.space()));
  warn_of_few_settings(space, options.integer("trials"));
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
    common::log_info(fmt::format("finalists the best {} are trained anew for {}",
                                 std::min(options.integer("finalists"), options.integer("trials")),
                                 common::counted(finalist_epochs(options), "epoch")));
  }
  if (proxy.is_null()) {
    common::log_info("rewards   from " + options.text("table"));
    const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
    if (!evaluator.caveat.empty()) common::log_info("          " + evaluator.caveat);
    return {};
  }
  common::log_info(fmt::format(
      "proxy     {}{}: {} training and {} held-out images at {} px, {} classes",
      proxy["name"].get<std::string>(), proxy["synthetic"].get<bool>() ? " (synthetic)" : "",
      proxy["train"].get<int64_t>(), proxy["valid"].get<int64_t>(),
      proxy["input_size"].get<int64_t>(), proxy["classes"].get<int64_t>()));
  common::RandomStream random({.purpose = "plan"});
  const auto any = space.architecture(space.space().sample(random));
  common::log_info(fmt::format(
      "children  {}, {}, batch {}, learning rate {:g}",
      search_space::network_size_text(any, options.integer("cells"), options.integer("filters")),
      common::counted(options.integer("epochs"), "epoch"), options.integer("batch-size"),
      options.number("lr")));
  if (const SupernetSchedule supernet(options); supernet.shared()) {
    common::log_info(fmt::format("supernet  {}: {}", supernet.method(), schedule_text(options)));
    warn_of_images(options, "supernet.calibration-images", "training",
                   proxy["train"].get<int64_t>());
    warn_of_images(options, "supernet.reward-images", "held-out", proxy["valid"].get<int64_t>());
  }
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
  warn_of_memory(options, projection.bytes_a_child);
  return projection;
}

}  // namespace nas::engine
