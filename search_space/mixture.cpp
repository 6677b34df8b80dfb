#include "search_space/mixture.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "common/text.h"

namespace nas::search_space {

namespace {

constexpr char kBetween = '|';

bool is_none(const std::string& op) { return common::Registry<Op>::find(op).is_none; }

// Halves an image as operations of stride 2 do, odd sizes rounded up.
int halved(GraphBuilder& graph, int x) {
  const bool even = graph.shape(x).height % 2 == 0 && graph.shape(x).width % 2 == 0;
  return graph.max_pool(x, {.kernel = even ? 2 : 3, .stride = 2, .same_padding = !even});
}

int append_one(GraphBuilder& graph, const std::string& op, int input, const OpSite& site,
               bool normalise_pools) {
  const int x = append_op(graph, op, input, site);
  if (!normalise_pools || !is_pool(op)) return x;
  const auto scope = graph.scope(op);
  return graph.batch_norm("bn", x);
}

}  // namespace

std::vector<MixtureEdge> Mixture::edges() const {
  std::vector<MixtureEdge> edges;
  for (const auto& [name, cell] : dense.cells) {
    for (size_t n = 0; n < cell.nodes.size(); ++n) {
      for (const Edge& edge : cell.nodes[n].edges)
        edges.push_back({.cell = name, .node = static_cast<int>(n), .state = edge.state});
    }
  }
  return edges;
}

Architecture Mixture::derive(const std::vector<double>& weights) const {
  if (weights.size() != edges().size() * operations.size())
    throw common::InternalError({.where = "mixture", .what = "another number of weights"});
  struct Candidate {
    Edge edge;
    double weight;
  };
  Architecture derived{.family = dense.family, .cells = {}};
  auto next = weights.begin();
  for (const auto& [name, cell] : dense.cells) {
    Cell& made = derived.cells[name] = cell;
    for (CellNode& node : made.nodes) {
      std::vector<Candidate> found;
      for (const Edge& edge : node.edges) {
        Candidate best{.edge = {edge.state, ""}, .weight = -1};
        for (const std::string& op : operations) {
          const double weight = *next++;
          if (!is_none(op) && weight > best.weight) best = {{edge.state, op}, weight};
        }
        found.push_back(best);
      }
      std::stable_sort(found.begin(), found.end(),
                       [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
      if (edges_a_node > 0 && found.size() > static_cast<size_t>(edges_a_node))
        found.resize(static_cast<size_t>(edges_a_node));
      node.edges.clear();
      for (const Candidate& one : found) node.edges.push_back(one.edge);
      std::sort(node.edges.begin(), node.edges.end(),
                [](const Edge& a, const Edge& b) { return a.state < b.state; });
    }
  }
  return derived;
}

double Mixture::log_weight(const Architecture& architecture,
                           const std::vector<double>& weights) const {
  const auto none = std::find_if(operations.begin(), operations.end(), is_none);
  double sum = 0;
  const auto all = edges();
  for (size_t e = 0; e < all.size(); ++e) {
    const CellNode& node =
        architecture.cells.at(all[e].cell).nodes.at(static_cast<size_t>(all[e].node));
    const auto edge =
        std::find_if(node.edges.begin(), node.edges.end(),
                     [&](const Edge& candidate) { return candidate.state == all[e].state; });
    const auto op =
        edge == node.edges.end() ? none : std::find(operations.begin(), operations.end(), edge->op);
    if (op == operations.end()) continue;
    sum +=
        std::log(weights.at(e * operations.size() + static_cast<size_t>(op - operations.begin())));
  }
  return sum;
}

Mixture make_mixture(const MixtureCells& cells, std::vector<std::string> operations,
                     int edges_a_node) {
  Mixture mixture{.operations = std::move(operations),
                  .dense = {.family = cells.family, .cells = {}},
                  .edges_a_node = edges_a_node};
  const std::string text = candidates_text(mixture.operations);
  for (const std::string& name : cells.names) {
    Cell cell{.inputs = cells.inputs, .nodes = {}, .concat = {}};
    for (int n = 0; n < cells.nodes; ++n) {
      CellNode node;
      for (int state = 0; state < cells.inputs + n; ++state) node.edges.push_back({state, text});
      cell.nodes.push_back(node);
      if (!cells.last || n + 1 == cells.nodes) cell.concat.push_back(cells.inputs + n);
    }
    mixture.dense.cells[name] = cell;
  }
  return mixture;
}

std::string candidates_text(const std::vector<std::string>& operations) {
  return common::join(operations, std::string(1, kBetween));
}

bool is_mixed(const std::string& op) { return op.find(kBetween) != std::string::npos; }

bool is_nothing(const std::string& op) { return !is_mixed(op) && is_none(op); }

int append_candidates(GraphBuilder& graph, const std::string& op, int input, const OpSite& site,
                      const MixtureOptions& options, bool normalise_pools) {
  const int64_t parts = options.partial_channels;
  if (site.filters % parts != 0) {
    throw common::ConfigError({.where = "--darts.partial-channels",
                               .what = "it does not divide the filters of a cell",
                               .got = std::to_string(parts) + " of " + std::to_string(site.filters),
                               .hint = "other --filters"});
  }
  const int64_t seen = site.filters / parts;
  const int part = parts == 1 ? input : graph.take_channels(input, 0, seen);
  std::vector<int> outputs;
  for (const std::string& name : common::split(op, kBetween)) {
    if (is_none(name)) continue;
    outputs.push_back(
        append_one(graph, name, part, {.filters = seen, .stride = site.stride}, normalise_pools));
  }
  const int sum = is_mixed(op) ? graph.weighted_sum("mixture", outputs) : outputs.at(0);
  if (parts == 1) return sum;
  int others = graph.take_channels(input, seen, site.filters - seen);
  if (site.stride == 2) others = halved(graph, others);
  return graph.shuffle_channels(graph.concat({sum, others}), parts);
}

int append_edge_sum(GraphBuilder& graph, const std::vector<int>& inputs, const CellNode& node,
                    const NetworkOptions& options) {
  const bool weighted =
      options.mixture && options.mixture->partial_channels > 1 && is_mixed(node.edges.at(0).op);
  return weighted ? graph.weighted_sum("edges", inputs) : graph.add(inputs);
}

std::string mixture_place(const std::string& node_name) {
  const size_t cell = node_name.find('.');
  const size_t sum = node_name.rfind('.');
  const bool reduction = common::starts_with(node_name, "reduction");
  return (reduction ? "reduction" : "normal") + node_name.substr(cell, sum - cell);
}

std::string node_place_of(const MixtureEdge& edge) {
  return edge.cell + ".node" + std::to_string(edge.node);
}

std::string place_of(const MixtureEdge& edge) {
  return node_place_of(edge) + ".from" + std::to_string(edge.state);
}

}  // namespace nas::search_space
