#include "search_space/architecture.h"

#include <filesystem>

#include "common/error.h"
#include "common/registry.h"
#include "common/text.h"
#include "search_space/network_family.h"
#include "search_space/op.h"

namespace nas::search_space {

using common::DataError;
using common::Json;

namespace {

Cell cell_from_json(const Json& json, const std::string& where) {
  Cell cell;
  cell.inputs = common::json_get<int>(json, "inputs", where);
  cell.concat = common::json_get<std::vector<int>>(json, "concat", where);
  if (cell.inputs < 1 || cell.inputs > 2) {
    throw DataError({.where = where,
                     .what = "a cell has one or two inputs",
                     .got = std::to_string(cell.inputs)});
  }
  for (const Json& node_json : common::json_get<Json>(json, "nodes", where)) {
    CellNode node;
    node.combine = common::json_get<std::string>(node_json, "combine", where);
    if (node.combine != "add" && node.combine != "concat") {
      throw DataError({.where = where,
                       .what = "unknown combination",
                       .got = "'" + node.combine + "'",
                       .expected = "add | concat"});
    }
    const int states = cell.inputs + static_cast<int>(cell.nodes.size());
    for (const Json& edge_json : common::json_get<Json>(node_json, "edges", where)) {
      Edge edge{.state = common::json_get<int>(edge_json, "state", where),
                .op = common::json_get<std::string>(edge_json, "op", where)};
      if (!common::Registry<Op>::contains(edge.op)) {
        throw DataError({.where = where,
                         .what = "unknown operation",
                         .got = "'" + edge.op + "'",
                         .expected = "one of: " + common::join(common::Registry<Op>::names(), ", "),
                         .hint = common::nearest(edge.op, common::Registry<Op>::names())});
      }
      if (edge.state < 0 || edge.state >= states) {
        throw DataError({.where = where,
                         .what = "state out of range",
                         .got = std::to_string(edge.state),
                         .expected = "0.." + std::to_string(states - 1)});
      }
      node.edges.push_back(edge);
    }
    if (node.edges.empty()) throw DataError({.where = where, .what = "a node without edges"});
    cell.nodes.push_back(node);
  }
  const int states = cell.inputs + static_cast<int>(cell.nodes.size());
  if (cell.concat.empty()) throw DataError({.where = where, .what = "an empty concat list"});
  for (const int state : cell.concat) {
    if (state < 0 || state >= states) {
      throw DataError({.where = where,
                       .what = "concat names a state out of range",
                       .got = std::to_string(state),
                       .expected = "0.." + std::to_string(states - 1)});
    }
  }
  return cell;
}

Json cell_to_json(const Cell& cell) {
  Json nodes = Json::array();
  for (const CellNode& node : cell.nodes) {
    Json edges = Json::array();
    for (const Edge& edge : node.edges) edges.push_back({{"state", edge.state}, {"op", edge.op}});
    nodes.push_back({{"edges", edges}, {"combine", node.combine}});
  }
  return {{"inputs", cell.inputs}, {"nodes", nodes}, {"concat", cell.concat}};
}

Layer layer_from_json(const Json& json, int earlier, const std::string& where) {
  const auto kernel = common::json_get<std::vector<int64_t>>(json, "kernel", where);
  Layer layer{.filters = common::json_get<int64_t>(json, "filters", where),
              .stride = common::json_get<int64_t>(json, "stride", where),
              .inputs = common::json_get<std::vector<int>>(json, "inputs", where)};
  const auto is_odd = [](int64_t size) { return size >= 1 && size <= 31 && size % 2 == 1; };
  if (kernel.size() != 2 || !is_odd(kernel[0]) || !is_odd(kernel[1])) {
    throw DataError({.where = where,
                     .what = "not the size of a kernel",
                     .got = json.at("kernel").dump(),
                     .expected = "[height, width], odd, up to 31"});
  }
  layer.kernel_h = kernel[0];
  layer.kernel_w = kernel[1];
  if (layer.filters < 1 || layer.filters > 100000 || layer.stride < 1 || layer.stride > 31) {
    throw DataError({.where = where,
                     .what = "filters or stride out of range",
                     .got = json.dump(),
                     .expected = "1..100000 filters, stride 1..31"});
  }
  for (size_t i = 0; i < layer.inputs.size(); ++i) {
    const int least = i == 0 ? 0 : layer.inputs[i - 1] + 1;
    if (layer.inputs[i] >= least && layer.inputs[i] < earlier) continue;
    throw DataError({.where = where,
                     .what = "not an earlier layer, or not in ascending order",
                     .got = std::to_string(layer.inputs[i]),
                     .expected = "of layers 0.." + std::to_string(earlier - 1)});
  }
  return layer;
}

Json layer_to_json(const Layer& layer) {
  return {{"kernel", {layer.kernel_h, layer.kernel_w}},
          {"filters", layer.filters},
          {"stride", layer.stride},
          {"inputs", layer.inputs}};
}

// What is there under this name, but is no architecture file.
void refuse_other_files(const std::string& text) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(text, error)) {
    std::string hint;
    for (const char* file : {"best/architecture.json", "architecture.json"}) {
      if (hint.empty() && fs::exists(fs::path(text) / file, error))
        hint = (fs::path(text) / file).string();
    }
    throw common::UsageError({.where = "architecture",
                              .what = "a folder is not an architecture",
                              .got = "'" + text + "'",
                              .expected = "a JSON file",
                              .hint = hint});
  }
  if (text.ends_with(".toml") && fs::exists(text, error)) {
    throw common::UsageError({.where = "architecture",
                              .what = "a TOML file is not an architecture",
                              .got = "'" + text + "'",
                              .expected = "a JSON file",
                              .hint = "--space, for a space; --config, for settings"});
  }
}

}  // namespace

Json to_json(const Architecture& architecture) {
  Json json = {{"format", "nas-architecture"}, {"version", kArchitectureVersion}};
  if (!architecture.name.empty()) json["name"] = architecture.name;
  json["family"] = architecture.family;
  for (const auto& [name, cell] : architecture.cells) json["cells"][name] = cell_to_json(cell);
  for (const Layer& layer : architecture.layers) json["layers"].push_back(layer_to_json(layer));
  return json;
}

Architecture architecture_from_json(const Json& json, const std::string& where) {
  const auto text_of = [&](const char* key) {
    return json.is_object() && json.contains(key) && json.at(key).is_string()
               ? json.at(key).get<std::string>()
               : std::string();
  };
  if (text_of("format") != "nas-architecture") {
    throw DataError({.where = where,
                     .what = "not an architecture",
                     .expected = "\"format\": \"nas-architecture\""});
  }
  if (const int version = common::json_get<int>(json, "version", where);
      version != kArchitectureVersion) {
    throw DataError({.where = where,
                     .what = "another format version",
                     .got = std::to_string(version),
                     .expected = std::to_string(kArchitectureVersion)});
  }
  Architecture architecture{.family = common::json_get<std::string>(json, "family", where),
                            .cells = {}};
  if (json.contains("name")) architecture.name = common::json_get<std::string>(json, "name", where);
  if (!common::Registry<NetworkFamily>::contains(architecture.family)) {
    throw DataError(
        {.where = where,
         .what = "unknown network family",
         .got = "'" + architecture.family + "'",
         .expected = "one of: " + common::join(common::Registry<NetworkFamily>::names(), ", ")});
  }
  if (json.contains("layers")) {
    for (const Json& layer : common::json_get<Json>(json, "layers", where)) {
      const auto index = static_cast<int>(architecture.layers.size());
      architecture.layers.push_back(
          layer_from_json(layer, index, where + ": layer " + std::to_string(index)));
    }
    return architecture;
  }
  const Json cells = common::json_get<Json>(json, "cells", where);
  for (const auto& [name, cell] : cells.items()) {
    architecture.cells[name] = cell_from_json(cell, where + ": cell " + name);
  }
  return architecture;
}

Architecture find_architecture(const std::string& text) {
  if (common::starts_with(text, "|")) return from_nasbench201_text(text);
  if (common::Registry<NamedArchitecture>::contains(text)) {
    Architecture architecture = common::Registry<NamedArchitecture>::find(text).make();
    architecture.name = text;
    return architecture;
  }
  refuse_other_files(text);
  if (std::filesystem::exists(text)) return architecture_from_json(common::read_json(text), text);
  const auto names = common::Registry<NamedArchitecture>::names();
  throw common::UsageError(
      {.where = "architecture",
       .what = "no such architecture",
       .got = "'" + text + "'",
       .expected =
           "a JSON file, a NAS-Bench-201 string |op~0|+…, or one of: " + common::join(names, ", "),
       .hint = common::nearest(text, names)});
}

}  // namespace nas::search_space
