// Every file of a plug-in folder registers something, and everything registered lies in such a
// folder.
#include "common/registry.h"

// A registry needs the type of its plug-ins, and these bring LibTorch's logging with them, which
// defines a CHECK of its own: they come before Catch2.
#include "child_trainer/augmentation.h"
#include "child_trainer/score.h"
#undef CHECK

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "cli/command.h"
#include "controller/strategy.h"
#include "data/importer.h"
#include "data/renderer.h"
#include "engine/evaluator.h"
#include "engine/fidelity.h"
#include "engine/store.h"
#include "export/exporter.h"
#include "search_space/architecture.h"
#include "search_space/network_family.h"
#include "search_space/op.h"
#include "search_space/space.h"
#include "tests/repository/source_files.h"

namespace nas::tests {
namespace {

// The files that registered a plug-in of kind T, as the compiler named them.
template <class T>
std::vector<std::string> registered() {
  std::vector<std::string> files;
  for (const auto& [name, entry] : common::Registry<T>::entries()) files.push_back(entry.file);
  return files;
}

const std::map<std::string, std::vector<std::string> (*)()>& plugin_folders() {
  static const std::map<std::string, std::vector<std::string> (*)()> all = {
      {"child_trainer/augmentations", registered<child_trainer::Augmentation>},
      {"child_trainer/scores", registered<child_trainer::Score>},
      {"cli/commands", registered<cli::Command>},
      {"controller/strategies", registered<controller::StrategyPlugin>},
      {"data/importers", registered<data::Importer>},
      {"data/renderers", registered<data::Renderer>},
      {"engine/evaluators", registered<engine::EvaluatorPlugin>},
      {"engine/fidelities", registered<engine::FidelityPlugin>},
      {"engine/stores", registered<engine::StoreBackend>},
      {"export/exporters", registered<exporting::Exporter>},
      {"search_space/architectures", registered<search_space::NamedArchitecture>},
      {"search_space/families", registered<search_space::NetworkFamily>},
      {"search_space/ops", registered<search_space::Op>},
      {"search_space/spaces", registered<search_space::SpacePlugin>}};
  return all;
}

std::string folder_of(const std::string& file) { return file.substr(0, file.rfind('/')); }

TEST_CASE("registry: every file of a plug-in folder registers something", "[repository]") {
  const auto files = source_files(false);
  for (const auto& [folder, entries] : plugin_folders()) {
    const auto registering = entries();
    int count = 0;
    for (const std::string& file : files) {
      if (folder_of(file) != folder || !ends_with(file, ".cpp")) continue;
      CAPTURE(file);
      ++count;
      const auto names_it = [&](const std::string& path) { return ends_with(path, "/" + file); };
      CHECK(std::any_of(registering.begin(), registering.end(), names_it));
    }
    CAPTURE(folder);
    CHECK(count > 0);
  }
}

TEST_CASE("registry: everything registered lies in its plug-in folder", "[repository]") {
  for (const auto& [folder, entries] : plugin_folders()) {
    for (const std::string& path : entries()) {
      CAPTURE(folder, path);
      CHECK(ends_with(folder_of(path), "/" + folder));
    }
  }
}

TEST_CASE("registry: no folder of plug-ins was forgotten here", "[repository]") {
  for (const std::string& file : source_files(false)) {
    if (!ends_with(file, ".cpp")) continue;
    for (const std::string& line : lines_of(file)) {
      if (!common::starts_with(line, "const common::Register<")) continue;
      CAPTURE(file);
      CHECK(plugin_folders().count(folder_of(file)) == 1);
    }
  }
}

}  // namespace
}  // namespace nas::tests
