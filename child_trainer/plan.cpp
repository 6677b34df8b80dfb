#include "child_trainer/plan.h"

#include <algorithm>
#include <functional>
#include <set>

#include "child_trainer/kernels/kernels.h"
#include "child_trainer/plan_schedule.h"

namespace nas::child_trainer {

using search_space::Node;
using search_space::Primitive;

bool Operand::plain() const {
  return batch_norm < 0 && !relu && pool < 0 && drop_path < 0 && top == 0 && left == 0;
}

namespace {

// A dense or depthwise convolution that the kernels know.
bool is_dense(const Node& node) {
  return node.kind == Primitive::kConv2d && node.attributes.groups == 1 &&
         node.parameters.size() == 1 &&
         node.attributes.kernel_h * node.attributes.kernel_w <= kernels::kMaxTaps;
}
bool is_depthwise(const Node& node, int64_t channels) {
  return node.kind == Primitive::kConv2d && node.attributes.groups == channels && channels > 1 &&
         node.shape.channels == channels && node.parameters.size() == 1 &&
         node.attributes.kernel_h * node.attributes.kernel_w <= kernels::kMaxTaps;
}
bool is_pool(const Node& node) {
  const auto& a = node.attributes;
  return (node.kind == Primitive::kMaxPool || node.kind == Primitive::kAvgPool) &&
         a.kernel_h == a.kernel_w && a.stride_h == a.stride_w && a.kernel_h <= 15;
}

class Fusion {
 public:
  explicit Fusion(const search_space::NetworkGraph& graph) : graph_(graph) {
    readers_.resize(graph.nodes.size());
    for (size_t i = 0; i < graph.nodes.size(); ++i)
      for (const int input : graph.nodes[i].inputs)
        readers_[static_cast<size_t>(input)].push_back(static_cast<int>(i));
    values_.resize(graph.nodes.size());
  }

  Plan run() {
    values_[0] = {new_buffer(node(0).shape)};
    for (size_t i = 1; i < graph_.nodes.size(); ++i) append(static_cast<int>(i));
    plan_.logits = written(graph_.logits).buffer;
    if (graph_.auxiliary_logits) plan_.auxiliary_logits = written(*graph_.auxiliary_logits).buffer;
    return std::move(plan_);
  }

 private:
  // What a node gives: the concat of so many operands; none where a later step computes it.
  using Value = std::vector<Operand>;

  const Node& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }
  const std::vector<int>& readers(int i) const { return readers_[static_cast<size_t>(i)]; }
  Value& value(int i) { return values_[static_cast<size_t>(i)]; }
  PlanBuffer& buffer(int b) { return plan_.buffers[static_cast<size_t>(b)]; }
  bool is_result(int i) const { return i == graph_.logits || i == graph_.auxiliary_logits; }
  // The node that alone reads this one; -1: none, or several.
  int only_reader(int i) const {
    return readers(i).size() == 1 && !is_result(i) ? readers(i)[0] : -1;
  }
  bool all_readers(int i, const std::function<bool(int)>& fits) const {
    return !is_result(i) && std::all_of(readers(i).begin(), readers(i).end(), fits);
  }
  static bool any(const Value& parts, const std::function<bool(const Operand&)>& fits) {
    return std::any_of(parts.begin(), parts.end(), fits);
  }
  static bool is_shifted(const Operand& part) { return part.top != 0 || part.left != 0; }
  static bool is_branch(const Operand& part) { return part.pool >= 0 || part.drop_path >= 0; }

  Operand new_buffer(const search_space::Shape& shape, bool torch = false) {
    plan_.buffers.push_back({.shape = shape, .torch = torch});
    return {.buffer = static_cast<int>(plan_.buffers.size()) - 1};
  }

  // `nodes`: what it computes; empty for a copy of the value of node `i`.
  void add_sum(int i, std::vector<int> nodes, std::vector<Operand> inputs, const Operand& output,
               int64_t channel, int64_t channels) {
    plan_.steps.push_back({.kind = Step::Kind::kSum,
                           .nodes = std::move(nodes),
                           .inputs = std::move(inputs),
                           .buffer = output.buffer,
                           .channel = channel,
                           .channels = channels,
                           .auxiliary = node(i).auxiliary});
  }

  // The value in one buffer, without anything left to do.
  Operand written(int i) {
    Value& parts = value(i);
    if (parts.size() == 1 && parts[0].plain()) return parts[0];
    const Operand output = new_buffer(node(i).shape);
    int64_t channel = 0;
    for (const Operand& part : parts) {
      const int64_t channels = buffer(part.buffer).shape.channels;
      add_sum(i, {}, {part}, output, channel, channels);
      channel += channels;
    }
    parts = {output};
    return output;
  }
  // The value as a sum or a pool reads it.
  Operand one_part(int i) {
    return value(i).size() == 1 && !is_shifted(value(i)[0]) ? value(i)[0] : written(i);
  }

  // The batch norm whose statistics a convolution takes: the only reader of its output, or of the
  // concat that alone reads it.
  int batch_norm_behind(int i, int64_t* offset) const {
    int reader = only_reader(i);
    *offset = 0;
    if (reader >= 0 && node(reader).kind == Primitive::kConcat && joins_convolutions(reader)) {
      for (const int input : node(reader).inputs) {
        if (input == i) break;
        *offset += node(input).shape.channels;
      }
      reader = only_reader(reader);
    }
    return reader >= 0 && node(reader).kind == Primitive::kBatchNorm ? reader : -1;
  }
  // Whether all inputs of a concat are convolutions that nothing else reads.
  bool joins_convolutions(int concat) const {
    return std::all_of(node(concat).inputs.begin(), node(concat).inputs.end(), [&](int input) {
      return only_reader(input) == concat && is_dense(node(input));
    });
  }

  void append(int i) {
    const Node& n = node(i);
    switch (n.kind) {
      case Primitive::kRelu:
        return append_relu(i);
      case Primitive::kBatchNorm:
        return append_batch_norm(i);
      case Primitive::kConv2d:
        return append_convolution(i);
      case Primitive::kAdd:
        return append_add(i);
      case Primitive::kConcat:
        return append_concat(i);
      case Primitive::kDropPath:
        return append_drop_path(i);
      case Primitive::kPad:
      case Primitive::kSlice:
        return append_shift(i);
      case Primitive::kMaxPool:
      case Primitive::kAvgPool:
        return append_pool(i);
      case Primitive::kZeros:
        if (all_readers(i, [&](int r) { return node(r).kind == Primitive::kAdd; })) return;
        return append_torch(i);
      default:
        return append_torch(i);
    }
  }

  void append_torch(int i) {
    Step step{.kind = Step::Kind::kTorch, .nodes = {i}, .auxiliary = node(i).auxiliary};
    for (const int input : node(i).inputs) step.inputs.push_back(written(input));
    const Operand output = new_buffer(node(i).shape, true);
    step.buffer = output.buffer;
    step.channels = node(i).shape.channels;
    plan_.steps.push_back(std::move(step));
    value(i) = {output};
  }

  void append_relu(int i) {
    const int input = node(i).inputs[0];
    if (any(value(input), is_branch) || any(value(input), is_shifted)) written(input);
    value(i) = value(input);
    for (Operand& part : value(i)) part.relu = true;
  }

  void append_batch_norm(int i) {
    const int input = node(i).inputs[0];
    const auto has_statistics = [&](const Operand& part) {
      return buffer(part.buffer).batch_norm == i;
    };
    if (!std::all_of(value(input).begin(), value(input).end(), has_statistics))
      return append_torch(i);
    value(i) = value(input);
    int64_t channel = 0;
    for (Operand& part : value(i)) {
      part.batch_norm = i;
      part.batch_norm_offset = channel;
      channel += buffer(part.buffer).shape.channels;
    }
  }

  // A depthwise convolution waits for the 1x1 that alone reads it.
  bool waits_for_pointwise(int i) const {
    const int reader = only_reader(i);
    if (reader < 0 || !is_dense(node(reader))) return false;
    const auto& a = node(reader).attributes;
    return a.kernel_h == 1 && a.kernel_w == 1 && a.stride_h == 1 && a.stride_w == 1;
  }

  void append_convolution(int i) {
    const Node& n = node(i);
    int input = n.inputs[0];
    if (is_depthwise(n, node(input).shape.channels) && waits_for_pointwise(i)) return;
    if (!is_dense(n)) return append_torch(i);
    Step step{.kind = Step::Kind::kConvolution,
              .nodes = {i},
              .channels = n.shape.channels,
              .auxiliary = n.auxiliary,
              .convolution = i};
    if (value(input).empty()) {
      step.depthwise = input;
      step.nodes = {input, i};
      input = node(input).inputs[0];
    }
    if (any(value(input), is_branch)) written(input);
    step.inputs = value(input);
    step.batch_norm = batch_norm_behind(i, &step.batch_norm_offset);
    const Operand output = new_buffer(n.shape);
    step.buffer = output.buffer;
    buffer(step.buffer).batch_norm = step.batch_norm;
    plan_.steps.push_back(std::move(step));
    value(i) = {output};
  }

  void append_add(int i) {
    std::vector<Operand> inputs;
    for (const int input : node(i).inputs)
      if (!value(input).empty()) inputs.push_back(one_part(input));
    if (inputs.empty()) {  // zeros alone
      const int zeros = node(i).inputs[0];
      append_torch(zeros);
      value(i) = value(zeros);
      return;
    }
    const Operand output = new_buffer(node(i).shape);
    add_sum(i, {i}, std::move(inputs), output, 0, node(i).shape.channels);
    value(i) = {output};
  }

  void append_concat(int i) {
    Value parts;
    for (const int input : node(i).inputs)
      parts.insert(parts.end(), value(input).begin(), value(input).end());
    value(i) = parts;
  }

  void append_drop_path(int i) {
    const int input = node(i).inputs[0];
    Operand operand = one_part(input);
    if (operand.drop_path >= 0) operand = written(input);
    operand.drop_path = i;
    value(i) = {operand};
  }

  // Padding at the end and a slice at the beginning are a shift, which a convolution can do itself.
  void append_shift(int i) {
    const auto shifts = [&](int slice) {
      return node(slice).kind == Primitive::kSlice && all_readers(slice, [&](int conv) {
               const auto& a = node(conv).attributes;
               return is_dense(node(conv)) && a.top == 0 && a.left == 0;
             });
    };
    const Node& n = node(i);
    const auto& a = n.attributes;
    const int input = n.inputs[0];
    if (n.kind == Primitive::kPad && a.top == 0 && a.left == 0 && all_readers(i, shifts)) {
      if (any(value(input), is_branch)) written(input);
      value(i) = value(input);
      waiting_pads_.insert(i);
      return;
    }
    if (n.kind == Primitive::kSlice && waiting_pads_.count(input) == 1) {
      value(i) = value(input);
      for (Operand& part : value(i)) {
        part.top = a.top;
        part.left = a.left;
      }
      return;
    }
    append_torch(i);
  }

  void append_pool(int i) {
    const int input = node(i).inputs[0];
    if (!is_pool(node(i))) return append_torch(i);
    Operand operand = one_part(input);
    if (operand.relu || is_branch(operand)) operand = written(input);
    operand.pool = i;
    value(i) = {operand};
    // Computed where it is read, unless that would be more than once.
    if (readers(i).size() != 1 || is_result(i)) written(i);
  }

  const search_space::NetworkGraph& graph_;
  Plan plan_;
  std::vector<std::vector<int>> readers_;
  std::vector<Value> values_;   // by node
  std::set<int> waiting_pads_;  // whose slice is a shift
};

}  // namespace

bool reads_input_backward(const Step& step, const Operand& input) {
  return step.kind != Step::Kind::kSum || input.relu;
}

Plan fuse(const search_space::NetworkGraph& graph, bool recompute) {
  Plan plan = Fusion(graph).run();
  schedule(plan, recompute);
  return plan;
}

}  // namespace nas::child_trainer
