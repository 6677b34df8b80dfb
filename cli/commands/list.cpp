// nas list: what there is.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "child_trainer/augmentation.h"
#include "child_trainer/score.h"
#include "cli/command.h"
#include "common/shell_quote.h"
#include "common/text.h"
#include "controller/strategy.h"
#include "data/dataset_lookup.h"
#include "data/importer.h"
#include "engine/evaluator.h"
#include "engine/fidelity.h"
#include "engine/model_folder.h"
#include "engine/run_store.h"
#include "engine/run_view.h"
#include "engine/search.h"
#include "engine/transfer_options.h"
#include "search_space/network_family.h"
#include "search_space/op.h"
#include "search_space/space.h"

namespace nas::cli {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::string name;
  std::string summary;
  common::Json more = common::Json::object();  // --json has it beside them
};

template <class T>
std::vector<Row> registered() {
  std::vector<Row> rows;
  for (const auto& [name, entry] : common::Registry<T>::entries())
    rows.push_back({name, entry.plugin.summary});
  return rows;
}

std::vector<Row> datasets() {
  std::vector<Row> rows;
  for (const auto& dataset : data::list_datasets(""))
    rows.push_back({dataset.name, dataset.summary});
  return rows;
}

// A row of `folder`, whose `file` has its age. `describe` sets "state" and what else a program may
// want to know, and returns the words for people; what it cannot read is listed with the reason.
template <class Describe>
Row folder_row(const fs::path& folder, const fs::path& file, Describe describe) {
  const std::chrono::duration<double> age =
      fs::file_time_type::clock::now() - fs::last_write_time(file);
  common::Json more = {{"path", folder.string()}, {"age_seconds", age.count()}};
  std::string words;
  try {
    words = describe(more);
  } catch (const common::Error& error) {
    more["state"] = "unreadable";
    words = error.what();
  }
  const std::string summary =
      fmt::format("{:<13}  {:>11} ago  {}", more["state"].get<std::string>(),
                  common::duration_text(std::max(0.0, age.count())), words);
  return {.name = folder.filename().string(), .summary = summary, .more = more};
}

Row run_row(const engine::RunFolder& run) {
  return folder_row(run.path(), run.config(), [&](common::Json& more) {
    engine::Store store = engine::open_store(run);
    more["state"] = engine::state_text(engine::run_state(run, store));
    const auto trials = store.trials();
    const int64_t trained = engine::count_trainings(trials);
    const common::Options options = engine::run_options(run);
    const int64_t wanted = options.integer("trials");
    const auto winner = engine::choose_winner(trials, store.further(), options);
    more["trials"] = trained;
    more["wanted"] = wanted;
    more["best_reward"] = winner ? common::Json(winner->best_reward) : common::Json();
    return fmt::format("{} of {} trials, {}", trained, wanted,
                       winner             ? fmt::format("best {:.4f}", winner->best_reward)
                       : trained < wanted ? "no reward yet"
                                          : "no trial succeeded");
  });
}

std::vector<Row> runs() {
  std::vector<Row> rows;
  for (const auto& run : engine::list_runs()) rows.push_back(run_row(run));
  return rows;
}

Row model_row(const fs::path& folder) {
  const fs::path file = folder / "model.json";
  return folder_row(folder, file, [&](common::Json& more) {
    const auto model = common::read_json(file);
    const auto dataset = common::json_get<std::string>(model, "dataset", file.string());
    const auto test = common::json_get<common::Json>(model, "test", file.string());
    const auto accuracy = common::json_get<double>(test, "accuracy", file.string());
    more["state"] = "finished";
    more["dataset"] = dataset;
    more["test_accuracy"] = accuracy;
    return fmt::format("test accuracy {:.4f} on {}", accuracy, dataset);
  });
}

Row transfer_row(const fs::path& folder) {
  return folder_row(folder, folder / engine::kTransferConfig, [&](common::Json& more) {
    const bool running = engine::is_locked(folder);
    more["state"] = running ? "running" : "interrupted";
    return running
               ? ""
               : common::shell_command({"nas", "transfer", "--resume", "--out", folder.string()});
  });
}

std::vector<Row> models() {
  std::vector<Row> rows;
  for (const auto& folder : engine::unfinished_transfers()) rows.push_back(transfer_row(folder));
  for (const auto& folder : engine::list_models()) rows.push_back(model_row(folder));
  return rows;
}

const std::map<std::string, std::vector<Row> (*)()>& kinds() {
  static const std::map<std::string, std::vector<Row> (*)()> all = {
      {"ops", registered<search_space::Op>},
      {"spaces", registered<search_space::SpacePlugin>},
      {"families", registered<search_space::NetworkFamily>},
      {"architectures", registered<search_space::NamedArchitecture>},
      {"strategies", registered<controller::StrategyPlugin>},
      {"importers", registered<data::Importer>},
      {"augmentations", registered<child_trainer::Augmentation>},
      {"scores", registered<child_trainer::Score>},
      {"exporters", registered<exporting::Exporter>},
      {"evaluators", registered<engine::EvaluatorPlugin>},
      {"fidelities", registered<engine::FidelityPlugin>},
      {"stores", registered<engine::StoreBackend>},
      {"datasets", datasets},
      {"runs", runs},
      {"models", models}};
  return all;
}

common::OptionList options() {
  return {{.name = "json", .value = false, .help = "Print a JSON list"}};
}

int run(Arguments& arguments) {
  const auto found = kinds().find(arguments.positionals[0]);
  if (found == kinds().end()) {
    std::vector<std::string> names;
    for (const auto& [name, rows] : kinds()) names.push_back(name);
    throw common::UsageError({.where = "nas list",
                              .what = "unknown kind",
                              .got = "'" + arguments.positionals[0] + "'",
                              .expected = "one of: " + common::join(names, ", "),
                              .hint = common::nearest(arguments.positionals[0], names)});
  }
  const auto rows = found->second();
  if (arguments.options.flag("json")) {
    common::Json json = common::Json::array();
    for (const auto& row : rows) {
      json.push_back({{"name", row.name}, {"summary", row.summary}});
      json.back().update(row.more);
    }
    fmt::print("{}\n", json.dump());
    return common::kExitDone;
  }
  size_t width = 23;
  for (const auto& row : rows) width = std::max(width, row.name.size());
  for (const auto& row : rows) fmt::print("{:<{}} {}\n", row.name, width, row.summary);
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "list",
     .summary = "List ops, spaces, strategies, datasets, architectures, exporters, runs, models, …",
     .usage = "KIND [options]",
     .options = options,
     .run = run,
     .min_positionals = 1,
     .max_positionals = 1}};

}  // namespace
}  // namespace nas::cli
