#include "search_space/cell_space.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "search_space/cell_features.h"
#include "search_space/op.h"

namespace nas::search_space {

namespace {

// All sets of `size` of the states 0 … states - 1, each ascending; those of fewer states come first
// and in the same order, so that nodes share this vocabulary.
std::vector<std::vector<int>> subsets(int states, size_t size) {
  if (size == 0) return {{}};
  std::vector<std::vector<int>> all;
  for (int last = static_cast<int>(size) - 1; last < states; ++last) {
    for (auto& subset : subsets(last, size - 1)) {
      subset.push_back(last);
      all.push_back(std::move(subset));
    }
  }
  return all;
}

std::vector<std::string> texts_of(const std::vector<std::vector<int>>& sets) {
  std::vector<std::string> texts;
  for (const auto& subset : sets) {
    std::vector<std::string> states;
    for (const int state : subset) states.push_back(std::to_string(state));
    texts.push_back(common::join(states, "+"));
  }
  return texts;
}

std::vector<std::string> numbers_below(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i));
  return texts;
}

// Of the i-th input of a node that has `count`.
std::string edge_name(size_t i, size_t count) {
  if (count > 2) return "input" + std::to_string(i);
  return i == 0 ? "left" : "right";
}

// Goes through choices; where there is nothing to decide there is no choice.
class Reader {
 public:
  explicit Reader(const Choices& choices) : choices_(choices) {}
  int take(size_t values) { return values > 1 ? choices_[at_++] : 0; }

 private:
  const Choices& choices_;
  size_t at_ = 0;
};

// Of so many states.
double count_of_subsets(int states, int size) {
  double count = 1.0;
  for (int i = 0; i < size; ++i) count *= static_cast<double>(states - i) / (i + 1);
  return count;
}

}  // namespace

std::optional<CellSpaceProblem> problem_of(const CellSpaceSpec& spec) {
  const CellForm& form = common::Registry<NetworkFamily>::find(spec.family).cells;
  const auto lacks = [&](const std::string& key, const std::string& what,
                         const std::string& expected) {
    return CellSpaceProblem{key, "family " + spec.family + " " + what, expected};
  };
  if (form.inputs == 0) return lacks("skeleton", "is not made of cells", "another family");
  if (spec.reduction && !form.reduction)
    return lacks("cells", "has no reduction cell", "a normal cell alone");
  if (spec.combinations != std::vector<std::string>{"add"} && !form.concat_nodes)
    return lacks("combine", "does not concatenate in its nodes", "nodes that add");
  if (spec.output != CellOutput::kLastNode && !form.wide_output)
    return lacks("output", "has cells that keep their width", "the last node alone");
  const int states = form.inputs + spec.nodes - 1;
  const int inputs = std::min(spec.inputs, states);
  if (spec.distinct && count_of_subsets(states, inputs) > kMostInputSets) {
    return CellSpaceProblem{"inputs",
                            "there are too many sets of " + std::to_string(inputs) + " inputs of " +
                                std::to_string(states) + " states",
                            "at most " + std::to_string(kMostInputSets)};
  }
  const auto is_none = [](const std::string& op) { return common::Registry<Op>::find(op).is_none; };
  if (std::all_of(spec.operations.begin(), spec.operations.end(), is_none))
    return CellSpaceProblem{"operations", "nothing is computed", "an operation other than none"};
  return std::nullopt;
}

CellSpace::CellSpace(CellSpaceSpec spec)
    : spec_(std::move(spec)), family_(&common::Registry<NetworkFamily>::find(spec_.family)) {
  if (const auto problem = problem_of(spec_)) {
    throw common::ConfigError(
        {.where = "space " + spec_.name, .what = problem->what, .expected = problem->expected});
  }
  for (int node = 0; node < spec_.nodes; ++node) {
    const auto inputs = static_cast<size_t>(spec_.inputs);
    const int states = states_before(node);
    input_sets_.push_back(spec_.distinct
                              ? subsets(states, std::min(inputs, static_cast<size_t>(states)))
                              : std::vector<std::vector<int>>{std::vector<int>(inputs)});
  }
  cell_names_ = {"normal"};
  if (spec_.reduction) cell_names_.emplace_back("reduction");
  for (const auto& cell : cell_names_) {
    for (int node = 0; node < spec_.nodes; ++node) add_node_decisions(cell, node);
  }
  if (decisions_.empty()) {
    throw common::ConfigError({.where = "space " + spec_.name, .what = "nothing is to be decided"});
  }
}

void CellSpace::add_decision(const std::string& name, std::vector<std::string> values,
                             const std::string& kind) {
  if (values.size() > 1)
    decisions_.push_back({.name = name, .values = std::move(values), .kind = kind});
}

void CellSpace::add_node_decisions(const std::string& cell, int node) {
  const std::string prefix = cell + "." + form().node + std::to_string(node) + ".";
  const size_t inputs = inputs_of(node);
  if (spec_.distinct) {
    add_decision(prefix + "inputs", texts_of(input_sets_[static_cast<size_t>(node)]),
                 "inputs" + std::to_string(inputs));
  } else {
    for (size_t i = 0; i < inputs; ++i) {
      add_decision(prefix + edge_name(i, inputs) + ".state", numbers_below(states_before(node)),
                   "state");
    }
  }
  for (size_t i = 0; i < inputs; ++i)
    add_decision(prefix + edge_name(i, inputs) + ".op", spec_.operations, "operation");
  add_decision(prefix + "combine", spec_.combinations, "combine");
}

std::vector<int> CellSpace::outputs(const Cell& cell) const {
  const int states = states_before(spec_.nodes);
  if (spec_.output == CellOutput::kLastNode) return {states - 1};
  std::vector<bool> used(static_cast<size_t>(states), false);
  if (spec_.output == CellOutput::kLooseEnds) {
    for (const CellNode& node : cell.nodes) {
      for (const Edge& edge : node.edges) used[static_cast<size_t>(edge.state)] = true;
    }
  }
  const bool with_inputs = spec_.output == CellOutput::kLooseEnds && form().inputs_put_out;
  std::vector<int> outputs;
  for (int state = with_inputs ? 0 : form().inputs; state < states; ++state) {
    if (!used[static_cast<size_t>(state)]) outputs.push_back(state);
  }
  return outputs;
}

Architecture CellSpace::architecture(const Choices& choices) const {
  if (!valid(choices)) {
    throw common::InternalError({.where = "space " + spec_.name, .what = "invalid choices"});
  }
  Architecture architecture{.family = spec_.family, .cells = {}};
  Reader reader(choices);
  for (const auto& name : cell_names_) {
    Cell cell{.inputs = form().inputs, .nodes = {}, .concat = {}};
    for (int n = 0; n < spec_.nodes; ++n) {
      CellNode node;
      node.edges.resize(inputs_of(n));
      if (spec_.distinct) {
        const auto& sets = input_sets_[static_cast<size_t>(n)];
        const auto& states = sets[static_cast<size_t>(reader.take(sets.size()))];
        for (size_t i = 0; i < states.size(); ++i) node.edges[i].state = states[i];
      } else {
        for (Edge& edge : node.edges)
          edge.state = reader.take(static_cast<size_t>(states_before(n)));
      }
      for (Edge& edge : node.edges)
        edge.op = spec_.operations[static_cast<size_t>(reader.take(spec_.operations.size()))];
      node.combine =
          spec_.combinations[static_cast<size_t>(reader.take(spec_.combinations.size()))];
      cell.nodes.push_back(std::move(node));
    }
    cell.concat = outputs(cell);
    architecture.cells[name] = std::move(cell);
  }
  if (form().reduction && !spec_.reduction)
    architecture.cells["reduction"] = architecture.cells["normal"];
  return architecture;
}

// The choices that made the node number `index` of a cell.
void CellSpace::append_choices(CellNode node, int index, Choices& choices) const {
  const auto add = [&](size_t values, size_t value, const std::string& what) {
    if (value >= values) {
      throw common::DataError({.where = "space " + spec_.name,
                               .what = "the architecture is not in this space: " + what + " of " +
                                       form().node + " " + std::to_string(index)});
    }
    if (values > 1) choices.push_back(static_cast<int>(value));
  };
  const auto add_one_of = [&](const auto& values, const auto& value, const std::string& what) {
    const auto found = std::find(values.begin(), values.end(), value);
    add(values.size(), static_cast<size_t>(found - values.begin()), what);
  };
  auto& edges = node.edges;
  if (spec_.distinct) {
    std::stable_sort(edges.begin(), edges.end(),
                     [](const Edge& a, const Edge& b) { return a.state < b.state; });
    std::vector<int> states;
    for (const Edge& edge : edges) states.push_back(edge.state);
    add_one_of(input_sets_[static_cast<size_t>(index)], states, "the inputs");
  } else {
    add(1, edges.size() == inputs_of(index) ? 0 : 1, "the number of inputs");
    for (const Edge& edge : edges) {
      add(static_cast<size_t>(states_before(index)), static_cast<size_t>(edge.state), "an input");
    }
  }
  for (const Edge& edge : edges) add_one_of(spec_.operations, edge.op, "'" + edge.op + "'");
  add_one_of(spec_.combinations, node.combine, "the combination");
}

Choices CellSpace::choices(const Architecture& architecture) const {
  const auto foreign = [&](const std::string& what, const std::string& expected) {
    return common::DataError({.where = "space " + spec_.name,
                              .what = "the architecture is not in this space: " + what,
                              .expected = expected});
  };
  if (architecture.family != spec_.family)
    throw foreign("it is of family " + architecture.family, "family " + spec_.family);
  Choices choices;
  for (const auto& [name, cell] : architecture.cells) {
    if (name != "normal" && !(name == "reduction" && form().reduction))
      throw foreign("cell " + name, "");
    if (name == "reduction" && !spec_.reduction && cell != architecture.cells.begin()->second)
      throw foreign("its reduction cell is not its normal cell", "one cell for both");
  }
  for (const auto& name : cell_names_) {
    const auto found = architecture.cells.find(name);
    if (found == architecture.cells.end()) throw foreign("it has no cell " + name, "");
    const Cell& cell = found->second;
    if (cell.inputs != form().inputs || cell.nodes.size() != static_cast<size_t>(spec_.nodes) ||
        cell.concat != outputs(cell)) {
      throw foreign("the form of cell " + name, std::to_string(form().inputs) + " inputs, " +
                                                    std::to_string(spec_.nodes) + " " +
                                                    form().node + "s, the space's outputs");
    }
    for (size_t n = 0; n < cell.nodes.size(); ++n)
      append_choices(cell.nodes[n], static_cast<int>(n), choices);
  }
  return choices;
}

std::vector<CellGraph> CellSpace::graphs(const Choices& choices) const {
  const Architecture architecture = this->architecture(choices);
  std::vector<CellGraph> graphs;
  for (const auto& name : cell_names_) {
    // What holds in a reduction cell holds in a normal one.
    const bool both = form().reduction && !spec_.reduction;
    graphs.emplace_back(architecture.cells.at(name), form().rules(both ? "reduction" : name));
  }
  return graphs;
}

std::string CellSpace::key(const Choices& choices) const {
  std::vector<std::string> texts;
  for (const CellGraph& graph : graphs(choices)) texts.push_back(graph.text());
  return common::join(texts, "/");
}

std::vector<double> CellSpace::features(const Choices& choices) const {
  std::vector<double> features;
  for (const CellGraph& graph : graphs(choices)) {
    const auto more = cell_features(graph, spec_.operations);
    features.insert(features.end(), more.begin(), more.end());
  }
  return features;
}

}  // namespace nas::search_space
