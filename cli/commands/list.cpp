// nas list: what there is.
#include <fmt/format.h>

#include "child_trainer/augmentation.h"
#include "cli/command.h"
#include "controller/strategy.h"
#include "data/dataset_lookup.h"
#include "data/importer.h"
#include "engine/evaluator.h"
#include "engine/model_folder.h"
#include "engine/run_folder.h"
#include "engine/store.h"
#include "search_space/network_family.h"
#include "search_space/op.h"
#include "search_space/space.h"

namespace nas::cli {
namespace {

using Row = std::pair<std::string, std::string>;  // name, summary

template <class T>
std::vector<Row> registered() {
  std::vector<Row> rows;
  for (const auto& [name, entry] : common::Registry<T>::entries())
    rows.emplace_back(name, entry.plugin.summary);
  return rows;
}

std::vector<Row> datasets() {
  std::vector<Row> rows;
  for (const auto& dataset : data::list_datasets(""))
    rows.emplace_back(dataset.name, dataset.summary);
  return rows;
}

std::vector<Row> runs() {
  std::vector<Row> rows;
  for (const auto& run : engine::list_runs())
    rows.emplace_back(run.path().filename().string(), run.path().string());
  return rows;
}

std::vector<Row> models() {
  std::vector<Row> rows;
  for (const auto& folder : engine::list_models())
    rows.emplace_back(folder.filename().string(), folder.string());
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
      {"exporters", registered<exporting::Exporter>},
      {"evaluators", registered<engine::EvaluatorPlugin>},
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
                              .expected = "one of: " + common::join(names, ", ")});
  }
  const auto rows = found->second();
  if (arguments.options.flag("json")) {
    common::Json json = common::Json::array();
    for (const auto& [name, summary] : rows) json.push_back({{"name", name}, {"summary", summary}});
    fmt::print("{}\n", json.dump());
    return common::kExitDone;
  }
  for (const auto& [name, summary] : rows) fmt::print("{:<23} {}\n", name, summary);
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
