#include <algorithm>

#include "child_trainer/plan.h"
#include "common/text.h"

namespace nas::child_trainer {

namespace {

std::string operand_text(const search_space::NetworkGraph& graph, const Operand& operand) {
  std::string text = "b" + std::to_string(operand.buffer);
  if (operand.top != 0 || operand.left != 0) text = "shift(" + text + ")";
  if (operand.batch_norm >= 0) text = "batch_norm(" + text + ")";
  if (operand.relu) text = "relu(" + text + ")";
  if (operand.pool >= 0)
    text = search_space::primitive_text(graph.nodes[static_cast<size_t>(operand.pool)].kind) + "(" +
           text + ")";
  if (operand.drop_path >= 0) text = "drop_path(" + text + ")";
  return text;
}

// A line where a segment begins, if there are several.
std::string segment_text(const Plan& plan, size_t s) {
  const auto begin = std::find(plan.segments.begin(), plan.segments.end(), static_cast<int>(s));
  if (plan.segments.size() < 2 || begin == plan.segments.end()) return "";
  return "# segment " + std::to_string(begin - plan.segments.begin() + 1) + " of " +
         std::to_string(plan.segments.size()) + "\n";
}

}  // namespace

std::string plan_text(const search_space::NetworkGraph& graph, const Plan& plan) {
  std::string text;
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    text += segment_text(plan, s);
    std::vector<std::string> inputs;
    for (const Operand& input : step.inputs) inputs.push_back(operand_text(graph, input));
    const bool sum = step.kind == Step::Kind::kSum;
    std::string what = common::join(inputs, sum ? " + " : ", ");
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
    text += " = " + what + (step.recomputed ? ", recomputed" : "");
    if (!step.nodes.empty())
      text += "  # " + graph.nodes[static_cast<size_t>(step.nodes.back())].name;
    text += "\n";
  }
  return text;
}

}  // namespace nas::child_trainer
