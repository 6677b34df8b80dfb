#include "child_trainer/node_runner.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>

#include "child_trainer/autocast.h"
#include "child_trainer/segments.h"

namespace nas::child_trainer {

namespace {

constexpr int kImage = 0;  // the node of the image, which has no gradient

size_t at_node(int i) { return static_cast<size_t>(i); }

// A step is a node; the image, which is given, is none.
Computation node_computation(const search_space::NetworkGraph& graph) {
  Computation computation;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    computation.bytes.push_back(graph.nodes[i].shape.count() * 4);
    if (i != kImage)
      computation.steps.push_back({.writes = static_cast<int>(i), .reads = graph.nodes[i].inputs});
  }
  computation.results = {graph.logits};
  if (graph.auxiliary_logits) computation.results.push_back(*graph.auxiliary_logits);
  return computation;
}

Computation in_thrifty_order(Computation computation) {
  std::vector<Computation::Step> ordered;
  for (const int step : thrifty_order(computation))
    ordered.push_back(std::move(computation.steps[at_node(step)]));
  computation.steps = std::move(ordered);
  return computation;
}

}  // namespace

struct NodeProgram {
  struct Segment {
    std::vector<int> nodes;   // in the order in which they are run
    std::vector<int> inputs;  // values of earlier segments that they read
    // Values that later segments read, and results. The inputs among them pass through it, so that
    // their gradients are summed in the same order as without segments.
    std::vector<int> outputs;
  };
  struct Values {
    std::vector<at::Tensor> of;
    std::vector<int> reads_left;

    at::Tensor& operator[](int i) { return of[at_node(i)]; }
  };

  search_space::NetworkGraph graph;
  NodeTensors parameters;
  NodeTensors buffers;
  std::vector<int> reads;  // of each value: by nodes, and as a result
  std::vector<Segment> segments;

  void make_segments(bool recompute);
  Values no_values() const {
    return {.of = std::vector<at::Tensor>(reads.size()), .reads_left = reads};
  }
  void run(const Segment& segment, Values& values, const Pass& pass) const;
};

namespace {

// Computes the values of a segment anew, with autograd, and differentiates them.
struct SegmentBackward : torch::autograd::Node {
  std::shared_ptr<const NodeProgram> program;
  const NodeProgram::Segment* segment = nullptr;
  Pass pass;
  bool autocast = false;
  std::vector<at::Tensor> inputs;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override;
  void release_variables() override { inputs.clear(); }
};

// Only the segment's inputs stay, and its outputs.
void run_and_forget(const std::shared_ptr<const NodeProgram>& program,
                    const NodeProgram::Segment& segment, NodeProgram::Values& values,
                    const Pass& pass) {
  const auto node = std::make_shared<SegmentBackward>();
  node->program = program;
  node->segment = &segment;
  node->pass = pass;
  node->pass.repeated = true;
  for (const int i : segment.inputs) {
    const at::Tensor& x = values[i];
    node->autocast = at::autocast::is_autocast_enabled(x.device().type());
    node->add_next_edge(torch::autograd::impl::gradient_edge(x));
    node->inputs.push_back(x.detach().set_requires_grad(x.requires_grad()));
  }
  for (const int i : segment.nodes)
    for (const at::Tensor& parameter : program->parameters[at_node(i)])
      node->add_next_edge(torch::autograd::impl::gradient_edge(parameter));
  const at::NoGradGuard no_grad;
  program->run(segment, values, pass);
  for (const int i : segment.outputs) {
    values[i] = values[i].detach();  // an input has an edge already
    torch::autograd::create_gradient_edge(values[i], node);
  }
}

torch::autograd::variable_list SegmentBackward::apply(torch::autograd::variable_list&& gradients) {
  const at::AutoGradMode with_autograd(true);
  NodeProgram::Values values = program->no_values();
  for (size_t k = 0; k < inputs.size(); ++k) values[segment->inputs[k]] = inputs[k];
  {
    const Autocast as_before(autocast, inputs.front().device().type());
    program->run(*segment, values, pass);
  }
  torch::autograd::variable_list outputs, of_outputs;
  for (size_t k = 0; k < segment->outputs.size(); ++k) {
    const at::Tensor& output = values[segment->outputs[k]];
    if (!gradients[k].defined() || !output.requires_grad()) continue;
    outputs.push_back(output);
    of_outputs.push_back(gradients[k]);
  }
  torch::autograd::variable_list sources = inputs;
  for (const int i : segment->nodes)
    for (const at::Tensor& parameter : program->parameters[at_node(i)])
      sources.push_back(parameter);
  torch::autograd::variable_list wanted;
  for (const at::Tensor& source : sources)
    if (source.requires_grad()) wanted.push_back(source);
  torch::autograd::variable_list found(wanted.size());
  if (!outputs.empty())
    found = torch::autograd::grad(outputs, wanted, of_outputs, /*retain_graph=*/std::nullopt,
                                  /*create_graph=*/false, /*allow_unused=*/true);
  torch::autograd::variable_list result;  // one for each edge
  size_t next = 0;
  for (const at::Tensor& source : sources)
    result.push_back(source.requires_grad() ? found[next++] : at::Tensor());
  return result;
}

}  // namespace

void NodeProgram::make_segments(bool recompute) {
  const Computation computation = in_thrifty_order(node_computation(graph));
  const Segments cuts = recompute ? cut(computation) : whole(computation);
  std::vector<int> segment_of(graph.nodes.size(), -1);
  for (size_t s = 0; s < cuts.count(); ++s) {
    Segment segment;
    std::vector<bool> read(graph.nodes.size(), false);
    for (int step = cuts.begins[s]; step < cuts.end(s, computation); ++step) {
      const int i = computation.steps[at_node(step)].writes;
      segment.nodes.push_back(i);
      segment_of[at_node(i)] = static_cast<int>(s);
      if (cuts.kept[at_node(i)]) segment.outputs.push_back(i);
      for (const int input : graph.nodes[at_node(i)].inputs) {
        if (segment_of[at_node(input)] == static_cast<int>(s) || read[at_node(input)]) continue;
        read[at_node(input)] = true;
        segment.inputs.push_back(input);
      }
    }
    segments.push_back(std::move(segment));
  }
  std::vector<bool> read_later(graph.nodes.size(), false);
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    for (const int input : segment->inputs) {
      if (read_later[at_node(input)] && input != kImage) segment->outputs.push_back(input);
      read_later[at_node(input)] = true;
    }
  }
}

void NodeProgram::run(const Segment& segment, Values& values, const Pass& pass) const {
  std::vector<at::Tensor> inputs;
  for (const int i : segment.nodes) {
    const size_t n = at_node(i);
    const search_space::Node& node = graph.nodes[n];
    if (node.auxiliary && !pass.training) continue;
    inputs.clear();
    for (const int input : node.inputs) inputs.push_back(values[input]);
    values[i] = run_primitive(inputs, {node, parameters[n], buffers[n], pass, n});
    if (pass.observe) pass.observe(node, inputs, values[i]);
    for (const int input : node.inputs)
      if (--values.reads_left[at_node(input)] == 0) values[input].reset();
  }
}

NodeRunner::NodeRunner(search_space::NetworkGraph graph, NodeTensors parameters,
                       NodeTensors buffers, bool recompute) {
  const auto program = std::make_shared<NodeProgram>();
  program->graph = std::move(graph);
  program->parameters = std::move(parameters);
  program->buffers = std::move(buffers);
  program->reads.assign(program->graph.nodes.size(), 0);
  for (const auto& node : program->graph.nodes)
    for (const int input : node.inputs) ++program->reads[at_node(input)];
  ++program->reads[at_node(program->graph.logits)];
  if (const auto auxiliary = program->graph.auxiliary_logits) ++program->reads[at_node(*auxiliary)];
  program->make_segments(recompute);
  program_ = program;
}

int64_t recomputed_bytes(const search_space::NetworkGraph& graph) {
  return cut(in_thrifty_order(node_computation(graph))).bytes;
}

Scores NodeRunner::forward(const at::Tensor& images, const Pass& pass) const {
  const bool forget = pass.training && at::GradMode::is_enabled() && !pass.observe;
  NodeProgram::Values values = program_->no_values();
  values[kImage] = images;
  for (const NodeProgram::Segment& segment : program_->segments) {
    if (forget && &segment != &program_->segments.back())
      run_and_forget(program_, segment, values, pass);
    else
      program_->run(segment, values, pass);
  }
  const search_space::NetworkGraph& graph = program_->graph;
  Scores scores{.logits = values[graph.logits], .auxiliary = {}};
  if (pass.training && graph.auxiliary_logits) scores.auxiliary = values[*graph.auxiliary_logits];
  return scores;
}

}  // namespace nas::child_trainer
