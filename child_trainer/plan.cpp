#include "child_trainer/plan.h"

#include <algorithm>
#include <functional>

#include "common/text.h"

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
         node.parameters.size() == 1 && node.attributes.kernel_h * node.attributes.kernel_w <= 225;
}
bool is_depthwise(const Node& node, int64_t channels) {
  return node.kind == Primitive::kConv2d && node.attributes.groups == channels && channels > 1 &&
         node.shape.channels == channels && node.parameters.size() == 1 &&
         node.attributes.kernel_h * node.attributes.kernel_w <= 225;
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
    home_.resize(graph.nodes.size(), -1);
  }

  Plan run() {
    values_[0] = new_buffer(node(0).shape);
    for (size_t i = 1; i < graph_.nodes.size(); ++i) append(static_cast<int>(i));
    plan_.logits = result(graph_.logits);
    if (graph_.auxiliary_logits) plan_.auxiliary_logits = result(*graph_.auxiliary_logits);
    share_gradients();
    return std::move(plan_);
  }

 private:
  const Node& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }
  const std::vector<int>& readers(int i) const { return readers_[static_cast<size_t>(i)]; }
  Operand& value(int i) { return values_[static_cast<size_t>(i)]; }
  bool is_result(int i) const { return i == graph_.logits || i == graph_.auxiliary_logits; }
  // The node that alone reads this one; -1: none, or several.
  int only_reader(int i) const {
    return readers(i).size() == 1 && !is_result(i) ? readers(i)[0] : -1;
  }
  bool all_readers(int i, const std::function<bool(int)>& fits) const {
    return !is_result(i) && std::all_of(readers(i).begin(), readers(i).end(), fits);
  }

  Operand new_buffer(const search_space::Shape& shape, bool torch = false) {
    plan_.buffers.push_back({.shape = shape, .torch = torch});
    return {.buffer = static_cast<int>(plan_.buffers.size()) - 1, .channels = shape.channels};
  }

  // Where the output of a node goes: into its place in the concat that reads it, or into a buffer
  // of its own.
  Operand place(int i) {
    for (const int reader : readers(i)) {
      const Node& concat = node(reader);
      if (concat.kind != Primitive::kConcat) continue;
      if (std::count(concat.inputs.begin(), concat.inputs.end(), i) != 1) continue;
      int& home = home_[static_cast<size_t>(reader)];
      if (home < 0) home = new_buffer(concat.shape).buffer;
      return {.buffer = home, .channel = channel_in(concat, i), .channels = node(i).shape.channels};
    }
    return new_buffer(node(i).shape);
  }
  int64_t channel_in(const Node& concat, int i) const {
    int64_t channel = 0;
    for (const int input : concat.inputs) {
      if (input == i) break;
      channel += node(input).shape.channels;
    }
    return channel;
  }

  // `nodes`: what it computes; empty for a copy of the value of node `i`.
  void add_sum(int i, std::vector<int> nodes, std::vector<Operand> inputs, const Operand& output) {
    plan_.steps.push_back({.kind = Step::Kind::kSum,
                           .nodes = std::move(nodes),
                           .inputs = std::move(inputs),
                           .buffer = output.buffer,
                           .channel = output.channel,
                           .channels = output.channels,
                           .auxiliary = node(i).auxiliary});
  }
  // The value in a buffer, without anything left to do.
  Operand written(int i) {
    Operand& operand = value(i);
    if (operand.plain()) return operand;
    const Operand output = new_buffer(node(i).shape);
    add_sum(i, {}, {operand}, output);
    return operand = output;
  }
  // The value as a convolution reads it: without a pool or a drop-path.
  Operand read_by_convolution(int i) {
    const Operand operand = value(i);
    return operand.pool < 0 && operand.drop_path < 0 ? operand : written(i);
  }
  // The value as a sum reads it.
  Operand read_by_sum(int i) {
    const Operand operand = value(i);
    return operand.top == 0 && operand.left == 0 ? operand : written(i);
  }

  int result(int i) {
    const Operand operand = written(i);
    return operand.buffer;
  }

  // The batch norm whose statistics a convolution takes: the only reader of its output, or of the
  // concat that alone reads it.
  int batch_norm_behind(int i, int64_t* offset) const {
    int reader = only_reader(i);
    *offset = 0;
    if (reader >= 0 && node(reader).kind == Primitive::kConcat && normalises_whole(reader)) {
      *offset = channel_in(node(reader), i);
      reader = only_reader(reader);
    }
    return reader >= 0 && node(reader).kind == Primitive::kBatchNorm ? reader : -1;
  }
  // Whether all inputs of a concat are convolutions that nothing else reads.
  bool normalises_whole(int concat) const {
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
    step.channels = output.channels;
    plan_.steps.push_back(std::move(step));
    value(i) = output;
  }

  void append_relu(int i) {
    Operand operand = value(node(i).inputs[0]);
    if (operand.pool >= 0 || operand.drop_path >= 0 || operand.top != 0 || operand.left != 0)
      operand = written(node(i).inputs[0]);
    operand.relu = true;
    value(i) = operand;
  }

  void append_batch_norm(int i) {
    const int input = node(i).inputs[0];
    const int buffer = value(input).buffer;
    if (buffer < 0 || plan_.buffers[static_cast<size_t>(buffer)].batch_norm != i)
      return append_torch(i);
    value(i) = value(input);
    value(i).batch_norm = i;
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
    const int input = n.inputs[0];
    if (is_depthwise(n, node(input).shape.channels) && waits_for_pointwise(i)) return;
    if (!is_dense(n)) return append_torch(i);
    Step step{
        .kind = Step::Kind::kConvolution, .nodes = {i}, .auxiliary = n.auxiliary, .convolution = i};
    int source = input;
    if (node(input).kind == Primitive::kConv2d && value(input).buffer < 0) {
      step.depthwise = input;
      step.nodes = {input, i};
      source = node(input).inputs[0];
    }
    step.inputs = {read_by_convolution(source)};
    step.batch_norm = batch_norm_behind(i, &step.statistics_offset);
    const Operand output = place(i);
    step.buffer = output.buffer;
    step.channel = output.channel;
    step.channels = output.channels;
    if (step.batch_norm >= 0)
      plan_.buffers[static_cast<size_t>(step.buffer)].batch_norm = step.batch_norm;
    plan_.steps.push_back(std::move(step));
    value(i) = output;
  }

  void append_add(int i) {
    std::vector<Operand> inputs;
    for (const int input : node(i).inputs) {
      const bool nothing = node(input).kind == Primitive::kZeros && value(input).buffer < 0;
      if (!nothing) inputs.push_back(read_by_sum(input));
    }
    if (inputs.empty()) return append_torch_zeros(i);
    value(i) = place(i);
    add_sum(i, {i}, std::move(inputs), value(i));
  }
  // A sum of zeros alone.
  void append_torch_zeros(int i) {
    const int zeros = node(i).inputs[0];
    if (value(zeros).buffer < 0) append_torch(zeros);
    value(i) = value(zeros);
  }

  void append_concat(int i) {
    int& home = home_[static_cast<size_t>(i)];
    if (home < 0) home = new_buffer(node(i).shape).buffer;
    int64_t channel = 0;
    for (const int input : node(i).inputs) {
      const Operand operand = value(input);
      const int64_t channels = node(input).shape.channels;
      const bool there = operand.plain() && operand.buffer == home && operand.channel == channel;
      if (!there)
        add_sum(i, {}, {read_by_sum(input)},
                {.buffer = home, .channel = channel, .channels = channels});
      channel += channels;
    }
    value(i) = {.buffer = home, .channels = channel};
  }

  void append_drop_path(int i) {
    const int input = node(i).inputs[0];
    Operand operand = value(input);
    if (operand.drop_path >= 0) operand = written(input);
    operand.drop_path = i;
    value(i) = operand;
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
      value(i) = read_by_convolution(input);
      return;
    }
    if (n.kind == Primitive::kSlice && node(input).kind == Primitive::kPad && shifts(i) &&
        !plan_.buffers[static_cast<size_t>(value(input).buffer)].torch) {
      value(i) = value(input);
      value(i).top = a.top;
      value(i).left = a.left;
      return;
    }
    append_torch(i);
  }

  void append_pool(int i) {
    const int input = node(i).inputs[0];
    if (!is_pool(node(i))) return append_torch(i);
    Operand operand = value(input);
    if (operand.relu || operand.pool >= 0 || operand.drop_path >= 0) operand = written(input);
    operand.pool = i;
    value(i) = operand;
    // Computed where it is read, unless that would be more than once.
    if (readers(i).size() != 1 || is_result(i)) written(i);
  }

  void share_gradients() {
    std::vector<int> reads(plan_.buffers.size(), 0);
    for (const Step& step : plan_.steps)
      for (const Operand& input : step.inputs) ++reads[static_cast<size_t>(input.buffer)];
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      if (plan_.steps[s].kind != Step::Kind::kSum) continue;
      for (const Operand& input : plan_.steps[s].inputs) {
        PlanBuffer& buffer = plan_.buffers[static_cast<size_t>(input.buffer)];
        const bool whole = input.channel == 0 && input.channels == buffer.shape.channels;
        const bool result = input.buffer == plan_.logits || input.buffer == plan_.auxiliary_logits;
        if (reads[static_cast<size_t>(input.buffer)] != 1 || !whole || result || input.relu ||
            input.pool >= 0 || input.buffer == 0)
          continue;
        buffer.gradient_of_step = static_cast<int>(s);
        buffer.drop_path = input.drop_path;
      }
    }
  }

  const search_space::NetworkGraph& graph_;
  Plan plan_;
  std::vector<std::vector<int>> readers_;
  std::vector<Operand> values_;  // by node; buffer -1: it has none
  std::vector<int> home_;        // of concats: their buffer
};

}  // namespace

Plan fuse(const search_space::NetworkGraph& graph) { return Fusion(graph).run(); }

namespace {

std::string operand_text(const search_space::NetworkGraph& graph, const Operand& operand) {
  std::string text = "b" + std::to_string(operand.buffer);
  if (operand.channel > 0) text += "[" + std::to_string(operand.channel) + "…]";
  if (operand.top != 0 || operand.left != 0) text = "shift(" + text + ")";
  if (operand.batch_norm >= 0) text = "batch_norm(" + text + ")";
  if (operand.relu) text = "relu(" + text + ")";
  if (operand.pool >= 0)
    text = search_space::primitive_text(graph.nodes[static_cast<size_t>(operand.pool)].kind) + "(" +
           text + ")";
  if (operand.drop_path >= 0) text = "drop_path(" + text + ")";
  return text;
}

}  // namespace

std::string plan_text(const search_space::NetworkGraph& graph, const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    std::vector<std::string> inputs;
    for (const Operand& input : step.inputs) inputs.push_back(operand_text(graph, input));
    std::string what = common::join(inputs, " + ");
    if (step.kind == Step::Kind::kConvolution) {
      what = step.depthwise >= 0 ? "separable(" + what + ")" : "convolution(" + what + ")";
      if (step.batch_norm >= 0) what += ", statistics";
    } else if (step.kind == Step::Kind::kTorch) {
      const auto& node = graph.nodes[static_cast<size_t>(step.nodes[0])];
      what = "LibTorch " + search_space::primitive_text(node.kind) + "(" +
             common::join(inputs, ", ") + ")";
    } else if (step.nodes.empty()) {
      what = "copy(" + what + ")";
    }
    text += "b" + std::to_string(step.buffer);
    if (step.channel > 0) text += "[" + std::to_string(step.channel) + "…]";
    text += " = " + what;
    if (!step.nodes.empty())
      text += "  # " + graph.nodes[static_cast<size_t>(step.nodes.back())].name;
    text += "\n";
  }
  return text;
}

}  // namespace nas::child_trainer
