// nas status: how a run stands.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/command.h"
#include "engine/epochs_spent.h"
#include "engine/evaluator.h"
#include "engine/objective.h"
#include "engine/pareto.h"
#include "engine/run_space.h"
#include "engine/run_store.h"
#include "engine/run_view.h"
#include "engine/search.h"
#include "engine/signals.h"
#include "engine/supernet_view.h"
#include "engine/trained.h"
#include "engine/winner.h"

namespace nas::cli {
namespace {

constexpr size_t kShownTrials = 20;

common::OptionList options() {
  return {
      {.name = "run", .value = "latest", .help = "Run folder"},
      {.name = "watch",
       .value = false,
       .help =
           "Show it again every two seconds until the run ends; exit code 4 if it was interrupted"},
      {.name = "json", .value = false, .help = "Print everything as JSON"},
      {.name = "csv", .value = false, .help = "Print the rows of all trainings as CSV"}};
}

std::string reward_text(const engine::Trial& trial) {
  return trial.reward ? fmt::format("{}", *trial.reward) : "";
}

// What is shown of a run.
struct View {
  std::vector<engine::Trial> trials;
  std::vector<engine::Trial> further;
  engine::EpochsSpent epochs;
  std::optional<engine::Winner> winner;
  std::string cost;  // of the Pareto front
  std::vector<engine::ParetoPoint> front;
  std::optional<engine::SupernetView> supernet;  // with --evaluator shared
  std::string caveat;                            // of the evaluator's rewards
  std::string end;                               // "", "done", "time-limit", "exhausted"
  std::string how_to_continue;
  std::string rewarding;  // rewarding_text()

  std::vector<engine::Trial> rows() const {
    std::vector<engine::Trial> all = trials;
    all.insert(all.end(), further.begin(), further.end());
    return all;
  }
};

common::Json json_of(engine::RunState state, engine::Store& store, const View& view) {
  common::Json json = {{"state", engine::state_text(state)}, {"trials", common::Json::array()}};
  for (const auto& trial : view.rows()) {
    common::Json row = {{"id", trial.id}, {"state", engine::state_text(trial.state)}};
    row["kind"] = trial.kind;
    if (trial.kind != "child") row["parent"] = engine::parent_of(trial);
    row["from_epoch"] = trial.from_epoch;
    row["to_epoch"] = trial.to_epoch;
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
  if (view.epochs.all() > 0) json["epochs"] = engine::to_json(view.epochs);
  json["pareto_front"] = {{"cost", view.cost}, {"trials", common::Json::array()}};
  for (const auto& point : view.front)
    json["pareto_front"]["trials"].push_back(engine::to_json(point));
  if (!view.caveat.empty()) json["caveat"] = view.caveat;
  json["winner"] = view.winner ? engine::to_json(*view.winner) : common::Json();
  if (view.supernet) json["supernet"] = engine::to_json(*view.supernet);
  json["strategy_state_sha256"] = store.meta("strategy_state_sha256");
  json["end"] = view.end;
  return json;
}

void print_csv(const std::vector<engine::Trial>& rows) {
  fmt::print("id,state,reward,kind,parent,to_epoch,attempt,reused_from,seconds,key\n");
  for (const auto& row : rows) {
    fmt::print("{},{},{},{},{},{},{},{},{:.3f},\"{}\"\n", row.id, engine::state_text(row.state),
               reward_text(row), row.kind,
               row.kind == "child" ? "" : std::to_string(engine::parent_of(row)), row.to_epoch,
               row.attempt, row.reused_from ? std::to_string(*row.reused_from) : "", row.seconds,
               row.key);
  }
}

std::string explanation(engine::RunState state, const View& view) {
  if (state == engine::RunState::kInterrupted)
    return ": nobody works on it; continue with: " + view.how_to_continue;
  if (state != engine::RunState::kStoppedEarly) return "";
  if (view.end == "time-limit")
    return ": by its time limit; continue with: " + view.how_to_continue;
  return ": nothing new, or nothing within the limits, was left to propose: " +
         engine::why_exhausted(view.trials, view.rewarding);
}

void print_front(const std::vector<engine::ParetoPoint>& front, const std::string& cost) {
  if (front.size() < 2) return;  // nothing to weigh
  fmt::print("\n{:>6}  {:>10}{:>18}   what no other trial surpasses in both\n", "trial", "quality",
             cost);
  for (const auto& point : front) {
    fmt::print("{:>6}  {:>10.4f}{:>18}\n", point.trial, point.quality,
               engine::cost_text(point.cost));
  }
}

// Rewards after different numbers of epochs are not to be compared: so these are shown then.
bool shows_epochs(const View& view) {
  return !view.epochs.rungs.empty() || view.epochs.finalists > 0 || view.supernet;
}

// The columns of a row that all kinds have.
std::string row_text(const View& view, const engine::Trial& row, const std::string& outcome) {
  return fmt::format("{:>6}  {:<10}{:>9}{}{:>9.1f}  ", engine::parent_of(row), outcome,
                     row.reward ? fmt::format("{:.4f}", *row.reward) : "",
                     shows_epochs(view) ? fmt::format("{:>8}", row.to_epoch) : "", row.seconds);
}

std::string what_of(const engine::Trial& row) {
  if (row.kind == "promotion") return "promoted";
  return row.kind == "finalist" ? "finalist" : "trained again";
}

// The last ones of each kind.
void print_further(const View& view) {
  for (const char* kind : {"promotion", "repeat", "finalist"}) {
    std::vector<const engine::Trial*> rows;
    for (const auto& row : view.further) {
      if (row.kind == kind) rows.push_back(&row);
    }
    const size_t from = rows.size() > kShownTrials ? rows.size() - kShownTrials : 0;
    if (from > 0) fmt::print("   ...  ({} earlier: {}s)\n", from, kind);
    for (size_t i = from; i < rows.size(); ++i) {
      const auto& row = *rows[i];
      fmt::print("{}{}{}\n", row_text(view, row, engine::state_text(row.state)), what_of(row),
                 row.reason.empty() ? "" : ": " + row.reason);
    }
  }
}

void print_text(engine::RunState state, const engine::RunFolder& run, const View& view) {
  auto trials = view.trials;
  fmt::print("run     {}\nstate   {}{}\ntrials  {}\n", run.path().string(),
             engine::state_text(state), explanation(state, view),
             trials.empty() ? "none yet" : engine::counts_text(trials));
  if (view.supernet) {
    fmt::print("shared  {}\n", engine::supernet_text(*view.supernet));
    if (const auto warning = engine::divergence_text(*view.supernet); !warning.empty())
      fmt::print("warning {}\n", warning);
  }
  if (!view.caveat.empty()) fmt::print("note    {}\n", view.caveat);
  if (view.epochs.all() > 0) fmt::print("epochs  {}\n", engine::epochs_text(view.epochs));
  if (view.winner) {
    fmt::print("best    {:.4f} (trial {})\nchosen  {}\n", view.winner->best_reward,
               *view.winner->best_trial, engine::winner_text(*view.winner));
    if (!view.winner->collapse.empty()) fmt::print("warning {}\n", view.winner->collapse);
  }
  print_front(view.front, view.cost);
  // A pool has many of them; they are counted above.
  std::erase_if(trials,
                [](const auto& trial) { return trial.state == engine::TrialState::kNotRun; });
  fmt::print("\n{:>6}  {:<10}{:>9}{}{:>9}  {}, or why there is no reward\n", "trial", "state",
             "reward", shows_epochs(view) ? "  epochs" : "", "seconds",
             view.winner && view.winner->given ? "settings" : "architecture");
  const size_t from = trials.size() > kShownTrials ? trials.size() - kShownTrials : 0;
  if (from > 0) fmt::print("   ...  ({} earlier)\n", from);
  for (size_t i = from; i < trials.size(); ++i) {
    const auto& trial = trials[i];
    const std::string outcome = trial.reused_from ? fmt::format("= {}", *trial.reused_from)
                                                  : engine::state_text(trial.state);
    fmt::print("{}{:.70}\n", row_text(view, trial, outcome),
               trial.reason.empty() ? engine::architecture_text(trial) : trial.reason);
  }
  print_further(view);
}

// Until the next look, or until asked to stop.
void pause() {
  for (int i = 0; i < 20 && engine::stop_signal() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

int run(Arguments& arguments) {
  const auto folder = engine::find_run(arguments.options.text("run"));
  engine::Store store = engine::open_store(folder);
  const common::Options options = engine::run_options(folder);
  const std::string cost = engine::cost_to_show(options);
  engine::listen_for_stop(/*terminal_too=*/true);
  for (;;) {
    const auto state =
        engine::run_state(folder, store);  // before the trials: an end shows them all
    View view{
        .trials = store.trials(),
        .further = store.further(),
        .epochs = {},
        .winner = {},
        .cost = cost,
        .front = {},
        .supernet = engine::supernet_view(folder, options),
        .caveat = common::Registry<engine::EvaluatorPlugin>::find(options.text("evaluator")).caveat,
        .end = store.meta("end"),
        .how_to_continue = engine::how_to_continue(folder, options),
        .rewarding = engine::rewarding_text(options)};
    view.epochs = engine::epochs_spent(view.trials, view.further, options);
    view.winner = engine::choose_winner(view.trials, view.further, options);
    view.front = engine::pareto_front(view.trials, view.further, cost);
    if (arguments.options.flag("json")) {
      fmt::print("{}\n", json_of(state, store, view).dump());
    } else if (arguments.options.flag("csv")) {
      print_csv(view.rows());
    } else {
      if (arguments.options.flag("watch")) fmt::print("\x1b[2J\x1b[H");
      print_text(state, folder, view);
    }
    std::fflush(stdout);
    if (!arguments.options.flag("watch")) return common::kExitDone;
    if (state == engine::RunState::kInterrupted) {
      // A script that waits for the run must not take this for its end.
      throw common::NothingError({.where = "run " + folder.path().string(),
                                  .what = "it is unfinished, and nobody works on it",
                                  .hint = view.how_to_continue});
    }
    if (state != engine::RunState::kRunning) return common::kExitDone;
    pause();
    if (const int signal = engine::stop_signal(); signal != 0) return common::kExitSignal + signal;
  }
}

const common::Register<Command> kRegister{{.name = "status",
                                           .summary = "Show how a run stands",
                                           .usage = "[options]",
                                           .options = options,
                                           .run = run}};

}  // namespace
}  // namespace nas::cli
