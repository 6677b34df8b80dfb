#include "child_trainer/plan_schedule.h"

#include <map>

#include "child_trainer/segments.h"

namespace nas::child_trainer {

namespace {

PlanBuffer& buffer_of(Plan& plan, int b) { return plan.buffers[static_cast<size_t>(b)]; }

Computation plan_computation(const Plan& plan) {
  Computation computation;
  std::map<int, std::vector<int>> normalised;  // buffers, by batch norm
  for (size_t b = 0; b < plan.buffers.size(); ++b) {
    computation.bytes.push_back(plan.buffers[b].shape.count() * 4);
    normalised[plan.buffers[b].batch_norm].push_back(static_cast<int>(b));
  }
  for (const Step& step : plan.steps) {
    Computation::Step& described = computation.steps.emplace_back();
    described.writes = step.buffer;
    for (const Operand& input : step.inputs) {
      described.reads.push_back(input.buffer);
      if (input.batch_norm < 0) continue;
      // Its statistics are those of all that it reads.
      const auto& all = normalised.at(input.batch_norm);
      described.reads.insert(described.reads.end(), all.begin(), all.end());
    }
  }
  for (const int result : {plan.logits, plan.auxiliary_logits})
    if (result >= 0) computation.results.push_back(result);
  return computation;
}

void put_in_order(Plan& plan) {
  std::vector<Step> ordered;
  for (const int s : thrifty_order(plan_computation(plan)))
    ordered.push_back(std::move(plan.steps[static_cast<size_t>(s)]));
  plan.steps = std::move(ordered);
}

void share_gradients(Plan& plan) {
  std::vector<int> reads(plan.buffers.size(), 0);
  for (const Step& step : plan.steps)
    for (const Operand& input : step.inputs) ++reads[static_cast<size_t>(input.buffer)];
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    if (plan.steps[s].kind != Step::Kind::kSum) continue;
    for (const Operand& input : plan.steps[s].inputs) {
      const bool result = input.buffer == plan.logits || input.buffer == plan.auxiliary_logits;
      if (reads[static_cast<size_t>(input.buffer)] != 1 || result || input.relu ||
          input.pool >= 0 || input.buffer == 0)
        continue;
      buffer_of(plan, input.buffer).gradient_of_step = static_cast<int>(s);
      buffer_of(plan, input.buffer).drop_path = input.drop_path;
    }
  }
}

// Marks the steps of [begin, end) without which the gradients of these steps cannot be computed.
void mark_recomputed(Plan& plan, int begin, int end) {
  std::vector<bool> needed(plan.buffers.size(), false);
  const auto need_inputs = [&](const Step& step, bool all) {
    for (const Operand& input : step.inputs)
      if (all || reads_input_backward(step, input))
        needed[static_cast<size_t>(input.buffer)] = true;
  };
  for (int s = begin; s < end; ++s) {
    const Step& step = plan.steps[static_cast<size_t>(s)];
    if (step.batch_norm >= 0) needed[static_cast<size_t>(step.buffer)] = true;
    need_inputs(step, false);
  }
  for (int s = end; s-- > begin;) {
    Step& step = plan.steps[static_cast<size_t>(s)];
    // What LibTorch keeps for its backward pass refers to the inputs, whose places have had other
    // uses.
    step.recomputed =
        step.kind == Step::Kind::kTorch ||
        (needed[static_cast<size_t>(step.buffer)] && !buffer_of(plan, step.buffer).kept);
    if (step.recomputed) need_inputs(step, true);
  }
}

void plan_backward(Plan& plan, bool recompute) {
  const Computation computation = plan_computation(plan);
  const Segments segments = recompute ? cut(computation) : whole(computation);
  plan.segments = segments.begins;
  for (size_t b = 0; b < plan.buffers.size(); ++b) plan.buffers[b].kept = segments.kept[b];
  for (size_t i = segments.count(); i-- > 0;) {
    const int begin = segments.begins[i];
    const int end = segments.end(i, computation);
    if (i + 1 < segments.count()) mark_recomputed(plan, begin, end);
    for (int s = begin; s < end; ++s)
      if (plan.steps[static_cast<size_t>(s)].recomputed)
        plan.backward.push_back({.step = s, .recompute = true});
    for (int s = end; s-- > begin;) plan.backward.push_back({.step = s, .recompute = false});
  }
}

}  // namespace

void schedule(Plan& plan, bool recompute) {
  put_in_order(plan);
  share_gradients(plan);
  plan_backward(plan, recompute);
}

}  // namespace nas::child_trainer
