#include "search_space/cell_graph.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tuple>

#include "common/text.h"
#include "search_space/op.h"

namespace nas::search_space {

namespace {

using Sum = CellGraph::Sum;

// A step of splitmix64.
uint64_t mixed(uint64_t hash, uint64_t value) {
  hash += value + 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31U);
}

uint64_t hash_of(const std::string& text) {
  uint64_t hash = 0;
  for (const char c : text) hash = mixed(hash, static_cast<unsigned char>(c));
  return hash;
}

uint64_t hash_of_bag(std::vector<uint64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  uint64_t hash = hashes.size();
  for (const uint64_t one : hashes) hash = mixed(hash, one);
  return hash;
}

// What is known of a node whatever the order of the cell. Two nodes that are alike in it can mostly
// be exchanged; where they cannot, equal cells may get different texts, never different ones equal.
struct Place {
  int depth = 0;       // operations and concatenations in the longest chain from an input
  uint64_t below = 0;  // what it computes
  uint64_t above = 0;  // who reads it, beside what, and so on up to the outputs
};

uint64_t below_of(const std::vector<Place>& places, const Sum& sum) {
  std::vector<uint64_t> hashes;
  for (const int term : sum) hashes.push_back(places[static_cast<size_t>(term)].below);
  return hash_of_bag(std::move(hashes));
}

std::vector<Place> places_of(const std::vector<CellGraph::Node>& nodes,
                             const std::vector<Sum>& outputs, size_t inputs) {
  std::vector<Place> places(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    Place& place = places[i];
    place.below = i < inputs ? i : hash_of(nodes[i].op);
    if (i >= inputs) place.depth = 1;
    for (const Sum& source : nodes[i].sources) {
      place.below = mixed(place.below, below_of(places, source));
      for (const int term : source)
        place.depth = std::max(place.depth, places[static_cast<size_t>(term)].depth + 1);
    }
  }
  std::vector<std::vector<uint64_t>> readers(nodes.size());
  const auto read_by = [&](const Sum& sum, uint64_t reader) {
    for (const int term : sum)
      readers[static_cast<size_t>(term)].push_back(mixed(reader, below_of(places, sum)));
  };
  for (size_t o = 0; o < outputs.size(); ++o) read_by(outputs[o], o);
  for (size_t i = nodes.size(); i-- > 0;) {
    places[i].above = hash_of_bag(readers[i]);
    const uint64_t reader = mixed(places[i].below, places[i].above);
    for (size_t s = 0; s < nodes[i].sources.size(); ++s)
      read_by(nodes[i].sources[s], mixed(reader, s));
  }
  return places;
}

std::string text_of(const Sum& sum) {
  std::vector<std::string> terms;
  for (const int term : sum) terms.push_back(std::to_string(term));
  return common::join(terms, "+");
}

std::string text_of(const std::vector<Sum>& sums, const std::string& between) {
  std::vector<std::string> texts;
  for (const Sum& sum : sums) texts.push_back(text_of(sum));
  return common::join(texts, between);
}

}  // namespace

CellGraph::CellGraph(const Cell& cell, const CellRules& rules)
    : nodes_(static_cast<size_t>(cell.inputs)) {
  std::vector<Sum> states;
  for (int input = 0; input < cell.inputs; ++input) states.push_back({input});
  for (const CellNode& node : cell.nodes) {
    const bool concat = node.combine == "concat";
    std::vector<Sum> sides;
    for (const Edge& edge : node.edges) {
      if (!concat && common::Registry<Op>::find(edge.op).is_none) continue;
      sides.push_back(apply(cell, edge, states.at(static_cast<size_t>(edge.state)), rules));
    }
    if (concat) {
      states.push_back({append({.op = "concat", .sources = sides})});
      continue;
    }
    Sum& sum = states.emplace_back();
    for (const Sum& side : sides) sum.insert(sum.end(), side.begin(), side.end());
  }
  for (const int state : cell.concat) outputs_.push_back(states.at(static_cast<size_t>(state)));
  drop_dead_nodes(static_cast<size_t>(cell.inputs));
  sort_nodes(static_cast<size_t>(cell.inputs));
}

Sum CellGraph::apply(const Cell& cell, const Edge& edge, const Sum& input, const CellRules& rules) {
  if (rules.passes(cell, edge)) return input;
  if (!rules.is_linear(edge)) return {append({.op = edge.op, .sources = {input}})};
  Sum output;
  for (const int term : input) {
    const Sum source = {term};
    const auto same = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) {
      return node.op == edge.op && node.sources[0] == source;
    });
    output.push_back(same == nodes_.end() ? append({.op = edge.op, .sources = {source}})
                                          : static_cast<int>(same - nodes_.begin()));
  }
  return output;
}

int CellGraph::append(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<int>(nodes_.size()) - 1;
}

void CellGraph::drop_dead_nodes(size_t inputs) {
  std::vector<bool> live(nodes_.size(), false);
  const auto need = [&](const Sum& sum) {
    for (const int term : sum) live[static_cast<size_t>(term)] = true;
  };
  for (const Sum& output : outputs_) need(output);
  std::vector<int> order;
  for (size_t i = nodes_.size(); i-- > 0;) {
    if (!live[i] && i >= inputs) continue;
    order.insert(order.begin(), static_cast<int>(i));
    for (const Sum& source : nodes_[i].sources) need(source);
  }
  renumber(order);
}

void CellGraph::sort_nodes(size_t inputs) {
  const std::vector<Place> places = places_of(nodes_, outputs_, inputs);
  std::vector<int> order(nodes_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [&](int index) {
    const auto i = static_cast<size_t>(index);
    return std::tie(places[i].depth, nodes_[i].op, places[i].below, places[i].above);
  };
  const auto from = order.begin() + static_cast<std::ptrdiff_t>(inputs);
  std::stable_sort(from, order.end(), [&](int a, int b) { return rank(a) < rank(b); });
  // Nodes that are alike go by the numbers of what they read, which are less deep.
  std::vector<int> number(nodes_.size());
  const auto sources = [&](int index) {
    std::vector<Sum> renamed = nodes_[static_cast<size_t>(index)].sources;
    for (Sum& sum : renamed) {
      for (int& term : sum) term = number[static_cast<size_t>(term)];
      std::sort(sum.begin(), sum.end());
    }
    return renamed;
  };
  for (auto begin = order.begin(), end = begin; begin != order.end(); begin = end) {
    end = std::find_if(begin, order.end(), [&](int i) { return rank(i) != rank(*begin); });
    if (begin >= from && end - begin > 1) {
      std::stable_sort(begin, end, [&](int a, int b) { return sources(a) < sources(b); });
    }
    for (auto at = begin; at != end; ++at)
      number[static_cast<size_t>(*at)] = static_cast<int>(at - order.begin());
  }
  renumber(order);
}

void CellGraph::renumber(const std::vector<int>& order) {
  std::vector<int> number(nodes_.size(), -1);
  for (size_t i = 0; i < order.size(); ++i)
    number[static_cast<size_t>(order[i])] = static_cast<int>(i);
  const auto rename = [&](Sum& sum) {
    for (int& term : sum) term = number[static_cast<size_t>(term)];
    std::sort(sum.begin(), sum.end());
  };
  std::vector<Node> nodes;
  for (const int old : order) {
    nodes.push_back(std::move(nodes_[static_cast<size_t>(old)]));
    for (Sum& source : nodes.back().sources) rename(source);
  }
  for (Sum& output : outputs_) rename(output);
  nodes_ = std::move(nodes);
}

std::string CellGraph::text() const {
  std::vector<std::string> operations;
  for (const Node& node : nodes_) {
    if (!node.op.empty()) operations.push_back(node.op + "(" + text_of(node.sources, "&") + ")");
  }
  return common::join(operations, ",") + ">" + text_of(outputs_, ",");
}

}  // namespace nas::search_space
