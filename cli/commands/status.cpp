// nas status: how a run stands.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/command.h"
#include "common/text.h"
#include "engine/search.h"
#include "engine/signals.h"

namespace nas::cli {
namespace {

constexpr size_t kShownTrials = 20;

common::OptionList options() {
  return {{.name = "run", .value = "latest", .help = "Run folder"},
          {.name = "watch",
           .value = false,
           .help = "Show it again every two seconds until the run ends"},
          {.name = "json", .value = false, .help = "Print everything as JSON"},
          {.name = "csv", .value = false, .help = "Print the trials as CSV"}};
}

std::string reward_text(const engine::Trial& trial) {
  return trial.reward ? fmt::format("{}", *trial.reward) : "";
}

common::Json json_of(engine::Store& store, const std::vector<engine::Trial>& trials) {
  common::Json json = {{"trials", common::Json::array()}};
  for (const auto& trial : trials) {
    common::Json row = {{"id", trial.id}, {"state", engine::state_text(trial.state)}};
    row["reward"] = trial.reward ? common::Json(*trial.reward) : common::Json();
    row["architecture"] = search_space::to_json(trial.architecture);
    row["worker"] = trial.worker;
    row["attempt"] = trial.attempt;
    row["key"] = trial.key;
    if (trial.reused_from) row["reused_from"] = *trial.reused_from;
    if (!trial.reason.empty()) row["reason"] = trial.reason;
    row["metrics"] = trial.metrics;
    row["seconds"] = trial.seconds;
    json["trials"].push_back(row);
  }
  json["strategy_state_sha256"] = store.meta("strategy_state_sha256");
  json["end"] = store.meta("end");
  return json;
}

void print_csv(const std::vector<engine::Trial>& trials) {
  fmt::print("id,state,reward,attempt,reused_from,seconds,key\n");
  for (const auto& trial : trials) {
    fmt::print("{},{},{},{},{},{:.3f},\"{}\"\n", trial.id, engine::state_text(trial.state),
               reward_text(trial), trial.attempt,
               trial.reused_from ? std::to_string(*trial.reused_from) : "", trial.seconds,
               trial.key);
  }
}

void print_text(const engine::RunFolder& run, engine::Store& store,
                const std::vector<engine::Trial>& trials) {
  std::map<std::string, int> counts;
  for (const auto& trial : trials)
    ++counts[trial.reused_from ? "repeated" : engine::state_text(trial.state)];
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, state));
  fmt::print("run     {}\nstate   {}\ntrials  {}\n", run.path().string(),
             store.meta("end").empty() ? "not finished" : "finished",
             parts.empty() ? "none yet" : common::join(parts, ", "));
  if (const auto best = engine::best_of(trials))
    fmt::print("best    {:.4f} (trial {})\n", *best->reward, best->id);
  fmt::print("\n{:>6}  {:<10}{:>9}{:>9}  {}\n", "trial", "state", "reward", "seconds",
             "architecture");
  const size_t from = trials.size() > kShownTrials ? trials.size() - kShownTrials : 0;
  if (from > 0) fmt::print("   ...  ({} earlier)\n", from);
  for (size_t i = from; i < trials.size(); ++i) {
    const auto& trial = trials[i];
    const std::string state = trial.reused_from ? fmt::format("= {}", *trial.reused_from)
                                                : engine::state_text(trial.state);
    fmt::print("{:>6}  {:<10}{:>9}{:>9.1f}  {}\n", trial.id, state,
               trial.reward ? fmt::format("{:.4f}", *trial.reward) : "", trial.seconds,
               trial.key.size() > 70 ? trial.key.substr(0, 67) + "..." : trial.key);
  }
}

int run(Arguments& arguments) {
  const auto folder = engine::find_run(arguments.options.text("run"));
  engine::Store store(folder.store_url(engine::run_options(folder).text("store")));
  engine::listen_for_stop(/*interrupts_too=*/true);
  for (;;) {
    const auto trials = store.trials();
    if (arguments.options.flag("json")) {
      fmt::print("{}\n", json_of(store, trials).dump());
    } else if (arguments.options.flag("csv")) {
      print_csv(trials);
    } else {
      if (arguments.options.flag("watch")) fmt::print("\x1b[2J\x1b[H");
      print_text(folder, store, trials);
    }
    std::fflush(stdout);
    if (!arguments.options.flag("watch") || !store.meta("end").empty() ||
        engine::stop_signal() != 0)
      return common::kExitDone;
    std::this_thread::sleep_for(std::chrono::seconds(2));
  }
}

const common::Register<Command> kRegister{{.name = "status",
                                           .summary = "Show how a run stands",
                                           .usage = "[options]",
                                           .options = options,
                                           .run = run}};

}  // namespace
}  // namespace nas::cli
