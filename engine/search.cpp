#include "engine/search.h"

#include <fmt/format.h>

#include <algorithm>

#include "child_trainer/device.h"
#include "child_trainer/step_graph.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "engine/best_settings.h"
#include "engine/evaluator.h"
#include "engine/finalists.h"
#include "engine/further_trainings.h"
#include "engine/job_options.h"
#include "engine/new_run.h"
#include "engine/objective.h"
#include "engine/proxy.h"
#include "engine/repeats.h"
#include "engine/run_inputs.h"
#include "engine/run_result.h"
#include "engine/run_space.h"
#include "engine/run_store.h"
#include "engine/run_view.h"
#include "engine/search_options.h"
#include "engine/search_plan.h"
#include "engine/search_progress.h"
#include "engine/signals.h"
#include "engine/supernet_schedule.h"
#include "engine/unread_options.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

constexpr double kSmallestFreeBytes = 200e6;

// A database's file is meant from here, also when the run is continued from elsewhere.
void make_store_absolute(common::Options& options) {
  const std::string prefix = "sqlite:";
  const std::string url = options.text("store");
  if (!common::starts_with(url, prefix) || url == prefix) return;
  const fs::path file = fs::absolute(url.substr(prefix.size()));
  options.set_value("store", prefix + file.string(), options.at("store").origin);
}

// Numbers that depend on the machine are fixed once, when the run is made.
void resolve(common::Options& options, const std::vector<at::Device>& devices) {
  SupernetSchedule::resolve(options);
  if (options.integer("workers") == 0) {
    const int64_t cores = child_trainer::threads_a_child(1);
    const int64_t workers = devices.front().is_cuda() ? static_cast<int64_t>(devices.size())
                                                      : cores / options.integer("threads");
    options.set_value("workers", std::max<int64_t>(1, workers), "machine");
  }
  if (options.integer("window") == 0)
    options.set_value("window", options.integer("workers"), "machine");
}

void warn_of_idle_workers(const common::Options& options) {
  if (options.integer("window") >= options.integer("workers")) return;
  common::log_warning(fmt::format(
      "--window {}: of {} workers no more than {} will have work at a time",
      options.integer("window"), options.integer("workers"), options.integer("window")));
}

fs::path new_run_path(const common::Options& options) {
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  const std::string source = evaluator.needs_proxy ? fs::path(options.text("proxy")).stem().string()
                                                   : options.text("evaluator");
  const std::string name =
      fmt::format("{}-{}-{}", common::utc_stamp(), source, options.text("strategy"));
  fs::path path = runs_root() / name;
  for (int i = 2; fs::exists(path); ++i) path = runs_root() / fmt::format("{}-{}", name, i);
  return path;
}

void name_unfinished_runs() {
  for (const auto& run : list_runs()) {
    try {
      Store store = open_store(run);
      if (run_state(run, store) == RunState::kInterrupted) {
        common::log_info("unfinished run: " + run.path().filename().string() +
                         " (continue it with " + how_to_continue(run, run_options(run)) + ")");
      }
    } catch (const common::Error&) {
      // A run of another version is not ours to judge.
    }
  }
}

// What there is to say of a run that has all its trials.
std::optional<SearchResult> finished_result(const RunFolder& run, const common::Options& options) {
  Store store = open_store(run);
  const auto trials = store.trials();
  const auto further = store.further();
  const int64_t trained = count_trainings(trials);
  if (store.meta("end") != "done" || trained < options.integer("trials") ||
      !missing_repeats(trials, further, options).empty() ||
      !missing_finalists(trials, further, options).empty()) {
    return std::nullopt;
  }
  return SearchResult{.run = run,
                      .winner = choose_winner(trials, further, options),
                      .trials = trained,
                      .epochs = epochs_spent(trials, further, options),
                      .failed = count_failed(trials)};
}

// Of a finished run: with another --size-prior another trial may be the winner.
void choose_again(const RunFolder& run, const common::Options& options) {
  if (options.number("size-prior") == run_options(run).number("size-prior")) return;
  const FolderLock lock(run.path());
  common::write_file_atomically(run.config(), config_text(options));
  write_result(run, options);
}

// The run's options, of which those count as typed that this command has.
common::Options only_typed_now(const common::Options& begun, const common::Options& given) {
  common::Options options = begun;
  for (const auto& option : begun.all()) {
    const bool now = given.contains(option.name) && given.is_given(option.name);
    options.set_value(option.name, now ? given.at(option.name).value : option.value,
                      now ? given.at(option.name).origin : "default");
  }
  return options;
}

// Of a finished run, what goes on with it.
std::string how_to_extend(const common::Options& options) {
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  std::vector<std::string> ways;
  if (SupernetSchedule(options).method() != "darts") ways.emplace_back("--trials");
  if (evaluator.exact.empty()) ways.emplace_back("--repeats");
  if (evaluator.by_epoch) ways.emplace_back("--finalists");
  return ways.empty() ? "" : " (more " + common::join(ways, " or ") + " goes on with it)";
}

// What children would refuse, and options that do not go together, before time is spent.
void check_options(const RunFolder& run, const common::Options& options, at::Device device,
                   bool exists) {
  child_trainer::check_cuda_graph(child_trainer::TrainSettings::from(options), {}, device,
                                  /*ranks=*/1);
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  check_repeats(options.integer("repeats"), evaluator.name);
  evaluator.check(options);
  SupernetSchedule::check(options);
  RunSpace(options).check(options);
  if (!exists) refuse_unread(options);
  Objective{options};
  Prescreen::check(options, evaluator.needs_proxy);
  Ladder::check(options, evaluator.by_epoch);
  check_finalists(options, evaluator.by_epoch);
  check_store(run.store_url(options.text("store")));
  for (const auto& text : options.list("start-with")) search_space::find_architecture(text);
}

// False when asked to stop.
bool train_missing(const RunFolder& run, const common::Options& options, const std::string& kind,
                   int64_t epochs, const std::vector<Trial>& missing, const std::string& what) {
  common::ProgressLine line;
  const bool whole =
      train_further(run, options, kind, epochs, missing, [&](int64_t done, int64_t count) {
        line.show(fmt::format("{}/{} {}", done, count, what), done == count);
      });
  line.finish();
  return whole;
}

// Repeats first: they tell which are to be finalists.
bool train_best_again(const RunFolder& run, const common::Options& options) {
  Store store = open_store(run);
  const auto trials = store.trials();
  const int64_t longest = finalist_epochs(options);
  return train_missing(run, options, "repeat", options.integer("epochs"),
                       missing_repeats(trials, store.further(), options),
                       "repeats of the best trials") &&
         train_missing(run, options, "finalist", longest,
                       missing_finalists(trials, store.further(), options),
                       "finalists, " + common::counted(longest, "epoch") + " each");
}

// On a resume the proxy images must be those of the start.
void check_proxy(const RunFolder& run, const common::Json& proxy) {
  const common::Json begun = common::read_json(run.environment());
  if (!begun.contains("proxy") || begun["proxy"] == proxy) return;
  throw common::DataError({.where = run.proxy().string(),
                           .what = "these are not the proxy images that the run began with",
                           .hint = "a new --run"});
}

// Clears what an earlier start left of its end, and writes what was missing.
void continue_run(const RunFolder& run, const common::Options& options, bool needs_proxy,
                  const std::optional<data::Dataset>& missing_proxy) {
  if (missing_proxy) data::write_dataset(run.proxy(), *missing_proxy, data::Storage::kPlain);
  if (needs_proxy) check_proxy(run, proxy_json(run));
  common::write_file_atomically(run.config(), config_text(options));
  Store store = open_store(run);
  for (const char* of_the_end : {"end", "strategy_state_sha256"}) store.set_meta(of_the_end, "");
}

// What `end` in the store says; "" of what goes on.
std::string end_text(SearchEnd end) {
  switch (end) {
    case SearchEnd::kDone:
      return "done";
    case SearchEnd::kTimeLimit:
      return "time-limit";
    case SearchEnd::kExhausted:
      return "exhausted";
    case SearchEnd::kAskedToStop:
      return "";
  }
  return "";
}

SearchResult coordinated(const RunFolder& run, const common::Options& options) {
  SearchResult result{.run = run};
  {
    Coordinator coordinator(run, options);
    SearchProgress progress(run, options);
    result.end = coordinator.run([&](const SearchStatus& status) { progress(status); });
    if (result.end == SearchEnd::kExhausted)
      result.why = why_exhausted(coordinator.trials(), rewarding_text(options));
  }
  const bool ended = result.end == SearchEnd::kDone || result.end == SearchEnd::kExhausted;
  if (ended && !train_best_again(run, options)) result.end = SearchEnd::kAskedToStop;
  result.winner = write_result(run, options);
  Store store = open_store(run);
  const auto trials = store.trials();  // with those that ended while the workers stopped
  result.trials = count_trainings(trials);
  result.failed = count_failed(trials);
  result.epochs = epochs_spent(trials, store.further(), options);
  if (result.end != SearchEnd::kAskedToStop) store.set_meta("end", end_text(result.end));
  return result;
}

}  // namespace

common::Json to_json(const SearchResult& result) {
  common::Json json = {{"run", result.run.path().string()}};
  if (result.dry_run) {
    json["projected"] = to_json(result.projected);
    return json;
  }
  if (result.winner) {
    const Trial& best = result.winner->trial;
    json["best"] = {{"trial", best.id},
                    {"reward", *best.reward},
                    {"architecture", search_space::to_json(best.architecture)}};
    json["winner"] = to_json(*result.winner);
  } else {
    json["best"] = nullptr;
  }
  json["trials"] = result.trials;
  if (result.epochs.all() > 0) json["epochs"] = to_json(result.epochs);
  json["wall_seconds"] = result.wall_seconds;
  return json;
}

common::Options run_options(const RunFolder& run) {
  common::Options options = search_options();
  options.declare({tuned_architecture_option()});
  try {
    options.restore_toml(common::read_file(run.config()), run.config().string());
    find_inputs(run, options);
  } catch (const common::ConfigError& error) {
    throw common::ConfigError({.where = "run " + run.path().string(),
                               .what = "its config.toml does not fit this version of nas",
                               .got = error.what(),
                               .hint = "the version that wrote it, or a new --run"});
  }
  check_inputs(run);
  return options;
}

SearchResult search(common::Options options) {
  const double start = common::monotonic_seconds();
  // Nothing is begun until then; a step of a large network may take long.
  end_on_stop("warning: stopped before the search began; continue with the same command\n");
  const auto devices = child_trainer::find_devices(options.text("device"));
  const bool dry = options.flag("dry-run");
  make_store_absolute(options);
  const auto named = run_to_continue_or_create(options.text("run"));
  const bool exists = named && named->exists();
  if (exists) {
    const common::Options begun = run_options(*named);
    require_same_command(*named, begun, options);
    recognise_inputs(begun, options);
    refuse_unread(only_typed_now(begun, options));
    options = begun.continued_with(options, "run " + named->path().string());
  } else {
    apply_preset(options, devices.front().is_cuda());
    const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
    if (evaluator.needs_proxy && options.text("proxy").empty()) {
      const std::string run = options.text("run");
      throw common::UsageError(
          {.where = "nas search",
           .what = run.empty()
                       ? "no proxy dataset"
                       : "there is no run '" + run + "', and no proxy dataset for a new one",
           .hint = run.empty() ? "--proxy cifar10" : "nas list runs, or --proxy cifar10"});
    }
  }
  resolve(options, devices);
  const RunFolder run = named ? *named : RunFolder(new_run_path(options));
  check_options(run, options, devices.front(), exists);
  if (exists) {
    if (const auto result = finished_result(run, options)) {
      if (!dry) choose_again(run, options);
      common::log_info("the run is finished" + how_to_extend(options));
      return *result;
    }
  }
  warn_of_idle_workers(options);
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  if (!named) name_unfinished_runs();
  common::require_free_bytes(run.path(), kSmallestFreeBytes, "nas search");
  std::optional<FolderLock> lock;
  if (exists) {
    lock.emplace(run.path());
    common::log_info("continuing " + run.path().string());
  } else {
    const NewRun tried(run);  // before time is spent on it
  }
  std::optional<data::Dataset> proxy;  // to be written
  if (evaluator.needs_proxy && !(exists && fs::exists(run.proxy()))) proxy = new_proxy(options);
  const common::Json images = !evaluator.needs_proxy ? common::Json()
                              : proxy                ? proxy_json(*proxy)
                                                     : proxy_json(run);
  const Projection projected = print_plan(run, options, images, dry || !exists);
  if (dry) {
    return {.run = run,
            .wall_seconds = common::monotonic_seconds() - start,
            .dry_run = true,
            .projected = projected,
            .options = options,
            .proxy = images};
  }

  listen_for_stop(/*terminal_too=*/true);
  std::optional<NewRun> made;
  if (exists) {
    continue_run(run, options, evaluator.needs_proxy, proxy);
  } else {
    made.emplace(run).begin(options, child_trainer::device_text(devices), proxy);
  }
  proxy.reset();
  SearchResult result = coordinated(run, options);
  result.wall_seconds = common::monotonic_seconds() - start;
  return result;
}

}  // namespace nas::engine
