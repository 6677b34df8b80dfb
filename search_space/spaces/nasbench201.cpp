// The NAS-Bench-201 space (Dong and Yang 2020): six edges between four states, five operations.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "common/error.h"
#include "search_space/network_family.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

constexpr int kNone = 0;
constexpr int kSkip = 1;
constexpr std::array<std::pair<int, int>, 6> kEdges = {
    {{0, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}}};
// From the input to the output, as indices into kEdges.
const std::vector<std::vector<size_t>> kPaths = {{3}, {0, 4}, {1, 5}, {0, 2, 5}};
constexpr size_t kSequences = 1 + 3 + 9 + 27;  // of at most three of the three real operations

const std::vector<std::string>& operations() {
  static const std::vector<std::string> names = {"none", "skip_connect", "nor_conv_1x1",
                                                 "nor_conv_3x3", "avg_pool_3x3"};
  return names;
}

Architecture architecture_of(const Choices& choices) {
  Cell cell{.inputs = 1, .nodes = std::vector<CellNode>(3), .concat = {3}};
  for (size_t e = 0; e < kEdges.size(); ++e) {
    const auto [from, to] = kEdges[e];
    cell.nodes[static_cast<size_t>(to) - 1].edges.push_back(
        {from, operations()[static_cast<size_t>(choices[e])]});
  }
  return {.family = "nasbench201", .cells = {{"normal", cell}}};
}

std::string text_of(const Choices& choices) {
  static const CellRules rules =
      common::Registry<NetworkFamily>::find("nasbench201").cells.rules("normal");
  return CellGraph(architecture_of(choices).cells.at("normal"), rules).text();
}

// Choices as a number, the first edge its highest digit.
size_t index_of(const Choices& choices) {
  size_t index = 0;
  for (const int choice : choices)
    index = operations().size() * index + static_cast<size_t>(choice);
  return index;
}

// For every cell the first one, in the order of their numbers, that computes the same.
std::vector<Choices> first_equals() {
  std::vector<Choices> all = {{}};
  for (size_t e = 0; e < kEdges.size(); ++e) {
    std::vector<Choices> longer;
    for (const Choices& begun : all) {
      for (int op = 0; op < static_cast<int>(operations().size()); ++op) {
        longer.push_back(begun);
        longer.back().push_back(op);
      }
    }
    all = std::move(longer);
  }
  std::unordered_map<std::string, Choices> first;
  for (Choices& choices : all) choices = first.try_emplace(text_of(choices), choices).first->second;
  return all;
}

const Choices& canonical(const Choices& choices) {
  static const std::vector<Choices> table = first_equals();
  return table.at(index_of(choices));
}

class NasBench201Space : public Space {
 public:
  NasBench201Space() {
    for (const auto& [from, to] : kEdges) {
      decisions_.push_back({.name = "edge" + std::to_string(from) + "_" + std::to_string(to),
                            .values = operations(),
                            .kind = "operation"});
    }
  }

  Architecture architecture(const Choices& choices) const override {
    if (!valid(choices)) {
      throw common::InternalError({.where = "space nasbench201", .what = "invalid choices"});
    }
    return architecture_of(choices);
  }

  Choices choices(const Architecture& architecture) const override {
    const common::DataError foreign(
        {.where = "space nasbench201", .what = "the architecture is not in this space"});
    const auto cell = architecture.cells.find("normal");
    if (architecture.family != "nasbench201" || cell == architecture.cells.end() ||
        cell->second.nodes.size() != 3) {
      throw foreign;
    }
    Choices choices;
    for (size_t n = 0; n < 3; ++n) {
      const auto& edges = cell->second.nodes[n].edges;
      if (edges.size() != n + 1) throw foreign;
      for (size_t e = 0; e < edges.size(); ++e) {
        const auto op = std::find(operations().begin(), operations().end(), edges[e].op);
        if (op == operations().end() || edges[e].state != static_cast<int>(e)) throw foreign;
        choices.push_back(static_cast<int>(op - operations().begin()));
      }
    }
    if (!(this->architecture(choices) == architecture)) throw foreign;  // concat, combine
    return choices;
  }

  std::string key(const Choices& choices) const override {
    return to_nasbench201_text(architecture_of(canonical(choices)));
  }

  // The path encoding of BANANAS (White et al. 2021): for every sequence of convolutions and
  // poolings whether a path from input to output runs through it, skip connections left out; then
  // how often each of them stands on such a path, and the length of the longest.
  std::vector<double> features(const Choices& choices) const override {
    const Choices& live = canonical(choices);
    std::vector<double> sequences(kSequences, 0.0);
    std::array<bool, kEdges.size()> on_path = {};
    double longest = 0;
    for (const auto& path : kPaths) {
      const auto is_none = [&](size_t edge) { return live[edge] == kNone; };
      if (std::any_of(path.begin(), path.end(), is_none)) continue;
      size_t sequence = 0;  // its digits, of 1 to 3
      double length = 0;
      for (const size_t edge : path) {
        on_path[edge] = true;
        if (live[edge] == kSkip) continue;
        sequence = 3 * sequence + static_cast<size_t>(live[edge] - kSkip);
        ++length;
      }
      sequences[sequence] = 1.0;
      longest = std::max(longest, length);
    }
    std::vector<double> counts(3, 0.0);
    for (size_t e = 0; e < kEdges.size(); ++e) {
      if (on_path[e] && live[e] != kSkip) ++counts[static_cast<size_t>(live[e] - kSkip - 1)];
    }
    std::vector<double> features = std::move(sequences);
    features.insert(features.end(), counts.begin(), counts.end());
    features.push_back(longest);
    return features;
  }
};

const common::Register<SpacePlugin> kRegister{
    {.name = "nasbench201",
     .summary = "One cell, 6 edges, 5 operations: 15,625 architectures (Dong and Yang 2020)",
     .make = []() -> std::unique_ptr<Space> { return std::make_unique<NasBench201Space>(); }}};

}  // namespace
}  // namespace nas::search_space
