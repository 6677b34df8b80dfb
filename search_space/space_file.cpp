#include "search_space/space_file.h"

#include <algorithm>
#include <set>

#include "common/error.h"
#include "common/text.h"
#include "common/toml_values.h"
#include "search_space/cell_space.h"
#include "search_space/op.h"
#include "search_space/space_file_keys.h"

namespace nas::search_space {

namespace {

using common::TomlValue;

// Names of the families that are made of cells.
std::vector<std::string> skeletons() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : common::Registry<NetworkFamily>::entries()) {
    if (entry.plugin.cells.inputs > 0) names.push_back(name);
  }
  return names;
}

std::vector<std::string> operations_of(const SpaceFileKeys& keys) {
  const auto operations = keys.options().list("operations");
  const auto known = common::Registry<Op>::names();
  if (operations.empty()) {
    keys.reject("operations", "a space of cells needs operations", "",
                "a list such as [\"sep_conv_3x3\", \"identity\"]", "nas list ops");
  }
  std::set<std::string> seen;
  for (const auto& op : operations) {
    if (!common::Registry<Op>::contains(op)) {
      const std::string near = common::nearest(op, known);
      keys.reject("operations", "unknown operation", "'" + op + "'",
                  "of: " + common::join(known, ", "), near.empty() ? "nas list ops" : near);
    }
    if (!seen.insert(op).second)
      keys.reject("operations", "an operation stands there twice", "'" + op + "'", "each once");
  }
  return operations;
}

CellOutput output_of(const std::string& text, const CellForm& form) {
  if (text == "all-nodes") return CellOutput::kNodes;
  if (text == "loose-ends") return CellOutput::kLooseEnds;
  if (text == "last-node") return CellOutput::kLastNode;
  // As published.
  if (!form.wide_output) return CellOutput::kLastNode;
  return form.inputs_put_out ? CellOutput::kLooseEnds : CellOutput::kNodes;
}

SpaceFileKeys cell_keys_of(const std::vector<TomlValue>& values, const std::string& file) {
  SpaceFileKeys keys(cell_space_keys(), file);
  for (const TomlValue& value : values) keys.set(value.name, value);
  return keys;
}

CellSpaceSpec spec_of(const SpaceFileKeys& keys, const std::string& file) {
  const common::Options& options = keys.options();
  const std::string family = options.text("skeleton");
  const CellForm& form = common::Registry<NetworkFamily>::find(family).cells;
  const std::string cells = options.text("cells");
  const std::string combine = options.text("combine");
  CellSpaceSpec spec{.name = file,
                     .family = family,
                     .reduction = cells == "auto" ? form.reduction : cells == "normal+reduction",
                     .nodes = static_cast<int>(options.integer("nodes")),
                     .inputs = static_cast<int>(options.integer("inputs")),
                     .distinct = !options.flag("repeat-inputs"),
                     .operations = operations_of(keys),
                     .output = output_of(options.text("output"), form)};
  if (spec.inputs == 0) {
    if (!spec.distinct) {
      keys.reject("repeat-inputs", "a node that reads every state has nothing to repeat", "true",
                  "inputs = 1 or more");
    }
    spec.inputs = kEveryState;
  }
  if (combine != "either") spec.combinations = {combine};
  if (combine == "either") spec.combinations = {"add", "concat"};
  if (const auto problem = problem_of(spec))
    keys.reject(problem->key, problem->what, "", problem->expected);
  return spec;
}

SpaceMeaning meaning_of_cells(const std::vector<TomlValue>& values, const std::string& file) {
  const SpaceFileKeys keys = cell_keys_of(values, file);
  const CellSpaceSpec spec = spec_of(keys, file);
  SpaceMeaning meaning;
  for (const auto& option : keys.options().all()) meaning[option.name] = option.value_text();
  auto operations = spec.operations;
  std::sort(operations.begin(), operations.end());
  meaning["operations"] = common::join(operations, ",");
  meaning["cells"] = spec.reduction ? "normal+reduction" : "normal";
  for (const std::string output : {"all-nodes", "loose-ends", "last-node"}) {
    if (output_of(output, {}) == spec.output) meaning["output"] = output;
  }
  return meaning;
}

SpaceMeaning meaning_of_settings(const SettingsSpace& space) {
  SpaceMeaning meaning;
  for (const Setting& setting : space.settings()) {
    const std::string scale = setting.scale == Scale::kLog      ? " (log)"
                              : setting.scale == Scale::kLinear ? " (linear)"
                                                                : "";
    meaning[setting.option] = common::join(setting.values, " | ") + scale;
  }
  return meaning;
}

// Whether all its values are in sections.
bool has_settings(const std::vector<TomlValue>& values) {
  return std::all_of(values.begin(), values.end(), [](const TomlValue& value) {
    return value.name.find('.') != std::string::npos;
  });
}

}  // namespace

common::OptionList cell_space_keys() {
  return {
      {.name = "skeleton",
       .value = "nasnet",
       .help = "The network around the cells: a family of `nas list families`",
       .choices = skeletons()},
      {.name = "operations",
       .value = std::vector<std::string>(),
       .help = "What a node may do with an input: names of `nas list ops`"},
      {.name = "nodes", .value = 4, .help = "Nodes of a cell", .min = 1, .max = 20},
      {.name = "inputs",
       .value = 2,
       .help = "Inputs of a node, of the states before it; 0: all of them",
       .min = 0,
       .max = 20},
      {.name = "repeat-inputs", .value = false, .help = "A node may read one state several times"},
      {.name = "combine",
       .value = "add",
       .help = "How a node combines its inputs; either: a decision",
       .choices = {"add", "concat", "either"}},
      {.name = "output",
       .value = "auto",
       .help = "States that are concatenated as a cell's output; auto: as the skeleton was "
               "published",
       .choices = {"auto", "all-nodes", "loose-ends", "last-node"}},
      {.name = "cells",
       .value = "auto",
       .help = "Cells that are decided; normal: it is used where the size halves, too",
       .choices = {"auto", "normal", "normal+reduction"}},
  };
}

void refuse_empty_sections(const std::string& text, const std::string& file) {
  if (common::parse_toml(text, file).empty()) {
    throw common::ConfigError({.where = file,
                               .what = "an empty space: no key has a value",
                               .expected = "operations, nodes, … of cells, or sections of settings "
                                           "such as [lr]",
                               .hint = "docs/spaces.md"});
  }
  for (const auto& [name, line] : common::empty_sections(text, file)) {
    throw common::ConfigError({.where = file + ":" + std::to_string(line) + ": " + name,
                               .what = "an empty section",
                               .expected = "min and max, or choices"});
  }
}

std::unique_ptr<Space> read_space(const std::string& text, const std::string& file) {
  refuse_empty_sections(text, file);
  const std::vector<TomlValue> values = common::parse_toml(text, file);
  if (has_settings(values)) {
    const common::Options keys(cell_space_keys());
    for (const TomlValue& value : values) {
      const std::string key = value.name.substr(value.name.rfind('.') + 1);
      if (!keys.contains(key)) continue;
      throw common::ConfigError({.where = file + ":" + std::to_string(value.line),
                                 .what = "the keys of a space of cells stand in no section",
                                 .got = "'" + value.name + "'",
                                 .expected = key + ", without a [section] above it"});
    }
    refuse_settings(file);
  }
  return std::make_unique<CellSpace>(spec_of(cell_keys_of(values, file), file));
}

SpaceMeaning space_meaning(const std::string& text, const std::string& file,
                           const common::Options& settings) {
  const std::vector<TomlValue> values = common::parse_toml(text, file);
  return has_settings(values) ? meaning_of_settings(*read_settings(text, file, settings))
                              : meaning_of_cells(values, file);
}

}  // namespace nas::search_space
