#include "controller/lstm_policy.h"

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cmath>

namespace nas::controller {

namespace {

using search_space::kInactive;

constexpr double kInitialRange = 0.1;  // Zoph et al. (2018)
constexpr double kMasked = -1e9;       // finite: probability 0 times infinity is not a number
constexpr int64_t kStartToken = 0;
constexpr int64_t kSkippedToken = 1;
constexpr int64_t kFirstChoiceToken = 2;

// The choice whose share of softmax(logits / temperature) holds `point`, in [0, 1). In double, in
// one fixed order: the same logits give the same choice.
int pick(const double* logits, int64_t count, double temperature, double point) {
  const double highest = *std::max_element(logits, logits + count);
  std::vector<double> shares(static_cast<size_t>(count));
  double total = 0.0;
  for (size_t i = 0; i < shares.size(); ++i) {
    shares[i] = std::exp((logits[i] - highest) / temperature);
    total += shares[i];
  }
  double left = point * total;
  for (size_t i = 0; i < shares.size(); ++i) {
    left -= shares[i];
    if (left < 0.0) return static_cast<int>(i);
  }
  // Rounding used up the shares: the likeliest one.
  return static_cast<int>(std::max_element(shares.begin(), shares.end()) - shares.begin());
}

double log_prob_of(const double* logits, int64_t count, int choice) {
  const double highest = *std::max_element(logits, logits + count);
  double total = 0.0;
  for (int64_t i = 0; i < count; ++i) total += std::exp(logits[i] - highest);
  return logits[choice] - highest - std::log(total);
}

}  // namespace

LstmPolicy::LstmPolicy(const SpaceView& view, const LstmPolicyOptions& options,
                       common::RandomStream& random)
    : view_(view), options_(options), steps_(view.decisions()) {
  make_heads();
  const int64_t units = options_.units;
  const auto steps = static_cast<int64_t>(steps_.size());
  embedding_ = add_parameter("embedding", {tokens_, units}, random);
  position_ = add_parameter("position", {steps, units}, random);
  input_weight_ = add_parameter("lstm.input", {units, 4 * units}, random);
  hidden_weight_ = add_parameter("lstm.hidden", {units, 4 * units}, random);
  gate_bias_ = add_parameter("lstm.bias", {4 * units}, random);
  for (Head& head : heads_) {
    const std::string name = "head." + head.kind + ".";
    if (head.attention) {
      head.previous = add_parameter(name + "previous", {units, units}, random);
      head.current = add_parameter(name + "current", {units, units}, random);
      head.vector = add_parameter(name + "vector", {units}, random);
      continue;
    }
    const auto rows = static_cast<int64_t>(head.decisions.size());
    head.weight = add_parameter(name + "weight", {units, head.values}, random);
    head.bias = add_parameter(name + "bias", {rows, head.values}, random);
  }
}

void LstmPolicy::make_heads() {
  const std::vector<Decision>& decisions = view_.decisions();
  for (size_t i = 0; i < decisions.size(); ++i) {
    const auto found = std::find_if(heads_.begin(), heads_.end(), [&](const Head& head) {
      return head.kind == decisions[i].kind;
    });
    places_.push_back({.head = static_cast<size_t>(found - heads_.begin())});
    if (found == heads_.end()) {
      heads_.push_back(
          {.kind = decisions[i].kind, .attention = decisions[i].attends_to.has_value()});
    }
    Head& head = heads_[places_[i].head];
    places_[i].row = static_cast<int64_t>(head.decisions.size());
    head.decisions.push_back(static_cast<int64_t>(i));
    head.values = std::max(head.values, static_cast<int64_t>(decisions[i].values.size()));
  }
  tokens_ = kFirstChoiceToken;
  for (Head& head : heads_) {
    head.first_token = tokens_;
    tokens_ += head.attention ? 1 : head.values;
    finish_head(head);
  }
  first_source_token_ = tokens_;
  tokens_ += static_cast<int64_t>(steps_.sources());
}

void LstmPolicy::finish_head(Head& head) {
  const std::vector<Decision>& decisions = view_.decisions();
  const auto rows = static_cast<int64_t>(head.decisions.size());
  head.index = at::empty({rows}, at::kLong);
  head.steps = at::empty({rows}, at::kLong);
  head.attended = at::zeros({rows}, at::kLong);
  head.mask = at::zeros({rows, 1, head.values}, options_.dtype);
  for (int64_t row = 0; row < rows; ++row) {
    const auto i = static_cast<size_t>(head.decisions[static_cast<size_t>(row)]);
    head.index.mutable_data_ptr<int64_t>()[row] = static_cast<int64_t>(i);
    head.steps.mutable_data_ptr<int64_t>()[row] = static_cast<int64_t>(steps_.of(i));
    head.attended.mutable_data_ptr<int64_t>()[row] = static_cast<int64_t>(steps_.attended_by(i));
    const auto known = static_cast<int64_t>(decisions[i].values.size());
    head.mask.select(0, row).narrow(1, known, head.values - known).fill_(kMasked);
  }
}

at::Tensor LstmPolicy::add_parameter(const std::string& name, const std::vector<int64_t>& sizes,
                                     common::RandomStream& random) {
  at::Tensor tensor = at::empty(sizes, at::kDouble);
  double* values = tensor.mutable_data_ptr<double>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = random.uniform(-kInitialRange, kInitialRange);
  }
  tensor = tensor.to(options_.dtype);
  tensor.set_requires_grad(true);
  parameters_.emplace_back(name, tensor);
  return tensor;
}

// What the step after this one reads.
int64_t LstmPolicy::token_after(size_t step, const Choices& choices) const {
  const size_t decision = steps_[step].first;
  const int64_t first = heads_[places_[decision].head].first_token;
  if (steps_[step].anchor) return first;
  return choices[decision] == kInactive ? kSkippedToken : first + choices[decision];
}

LstmPolicy::Encoded LstmPolicy::encode(const std::vector<Choices>& batch) const {
  const auto steps = static_cast<int64_t>(steps_.size());
  const auto decisions = static_cast<int64_t>(places_.size());
  const auto count = static_cast<int64_t>(batch.size());
  const auto sources = static_cast<int64_t>(steps_.sources());
  Encoded encoded{.tokens = at::empty({steps * count}, at::kLong),
                  .links = {},
                  .picks = at::empty({decisions, count}, at::kLong),
                  .active = at::empty({decisions, count}, at::kDouble)};
  auto* tokens = encoded.tokens.mutable_data_ptr<int64_t>();
  auto* picks = encoded.picks.mutable_data_ptr<int64_t>();
  auto* active = encoded.active.mutable_data_ptr<double>();
  for (size_t step = 0; step < steps_.size(); ++step) {
    for (const Choices& choices : batch)
      *tokens++ = step == 0 ? kStartToken : token_after(step - 1, choices);
  }
  for (size_t i = 0; i < places_.size(); ++i) {
    for (const Choices& choices : batch) {
      *picks++ = std::max(choices[i], 0);
      *active++ = choices[i] == kInactive ? 0.0 : 1.0;
    }
  }
  if (sources > 0) {
    encoded.links = at::zeros({steps * count, sources}, at::kDouble);
    auto* weights = encoded.links.mutable_data_ptr<double>() + count * sources;
    for (size_t step = 1; step < steps_.size(); ++step) {
      for (const Choices& choices : batch) {
        steps_.write_links(step - 1, choices, weights);
        weights += sources;
      }
    }
    encoded.links = encoded.links.to(options_.dtype);
  }
  encoded.active = encoded.active.to(options_.dtype);
  return encoded;
}

// tokens: [rows]; links: [rows, sources], or undefined. [rows, units]
at::Tensor LstmPolicy::read(const at::Tensor& tokens, const at::Tensor& links) const {
  at::Tensor inputs = embedding_.index_select(0, tokens);
  if (!links.defined()) return inputs;
  return at::addmm(inputs, links, embedding_.narrow(0, first_source_token_, links.size(1)));
}

// gates: [batch, 4 units]. Undefined hidden and cell mean zero, as before the first step.
void LstmPolicy::advance(const at::Tensor& gates, at::Tensor& hidden, at::Tensor& cell) const {
  const int64_t units = options_.units;
  const at::Tensor open = at::sigmoid(gates.narrow(1, 0, 3 * units));
  const at::Tensor candidate = at::tanh(gates.narrow(1, 3 * units, units));
  const at::Tensor fresh = open.narrow(1, 0, units) * candidate;
  cell = cell.defined() ? at::addcmul(fresh, open.narrow(1, units, units), cell) : fresh;
  hidden = open.narrow(1, 2 * units, units) * at::tanh(cell);
}

at::Tensor LstmPolicy::squash(at::Tensor logits) const {
  if (options_.temperature != 1.0) logits = logits / options_.temperature;
  if (options_.tanh_constant > 0.0) logits = at::tanh(logits) * options_.tanh_constant;
  return logits;
}

// states: [steps, batch, units]; of the decisions of a head: [decisions, batch, values].
at::Tensor LstmPolicy::logits(const Head& head, const at::Tensor& states) const {
  const int64_t batch = states.size(1);
  if (head.attention) {
    const at::Tensor from = at::matmul(states, head.previous).index_select(0, head.attended);
    const at::Tensor here = at::matmul(states, head.current).index_select(0, head.steps);
    const at::Tensor scores = at::matmul(at::tanh(from + here), head.vector);
    return at::stack({at::zeros_like(scores), scores}, -1);
  }
  const auto rows = static_cast<int64_t>(head.decisions.size());
  const at::Tensor flat = states.index_select(0, head.steps).view({rows * batch, options_.units});
  return at::mm(flat, head.weight).view({rows, batch, head.values}) + head.bias.unsqueeze(1);
}

// Of the decisions that are made at a step, when there are the states up to it, [batch, units]
// each: [decisions of the step, batch, values].
at::Tensor LstmPolicy::logits_at(size_t step, const std::vector<at::Tensor>& states) const {
  const auto [first, count, anchor] = steps_[step];
  const Place& place = places_[first];
  const Head& head = heads_[place.head];
  if (!anchor) {
    return at::addmm(head.bias.select(0, place.row), states.back(), head.weight).unsqueeze(0);
  }
  std::vector<at::Tensor> attended;
  for (size_t i = first; i < first + count; ++i) attended.push_back(states[steps_.attended_by(i)]);
  const at::Tensor from = at::matmul(at::stack(attended), head.previous);
  const at::Tensor here = at::mm(states.back(), head.current);
  const at::Tensor scores = at::matmul(at::tanh(from + here), head.vector);
  return at::stack({at::zeros_like(scores), scores}, -1);
}

LstmPolicy::Evaluation LstmPolicy::log_probs_and_entropy(const std::vector<Choices>& batch) const {
  const Encoded encoded = encode(batch);
  const int64_t units = options_.units;
  const auto steps = static_cast<int64_t>(steps_.size());
  const auto count = static_cast<int64_t>(batch.size());

  // All choices are known, so that all steps' inputs are one product.
  const at::Tensor inputs =
      read(encoded.tokens, encoded.links).view({steps, count, units}) + position_.unsqueeze(1);
  const std::vector<at::Tensor> input_gates =
      at::addmm(gate_bias_, inputs.reshape({steps * count, units}), input_weight_)
          .view({steps, count, 4 * units})
          .unbind(0);
  std::vector<at::Tensor> outputs;
  at::Tensor hidden;
  at::Tensor cell;
  for (const at::Tensor& gates : input_gates) {
    advance(hidden.defined() ? at::addmm(gates, hidden, hidden_weight_) : gates, hidden, cell);
    outputs.push_back(hidden);
  }
  const at::Tensor states = at::stack(outputs);  // [steps, batch, units]

  Evaluation total;
  for (const Head& head : heads_) {
    const at::Tensor logs = (squash(logits(head, states)) + head.mask).log_softmax(-1);
    const at::Tensor picks = encoded.picks.index_select(0, head.index).unsqueeze(-1);
    const at::Tensor active = encoded.active.index_select(0, head.index);
    const at::Tensor log_probs = (logs.gather(-1, picks).squeeze(-1) * active).sum(0);
    const at::Tensor entropies = ((logs.exp() * logs).sum(-1) * active).sum(0).neg();
    total.log_probs = total.log_probs.defined() ? total.log_probs + log_probs : log_probs;
    total.entropies = total.entropies.defined() ? total.entropies + entropies : entropies;
  }
  return total;
}

std::vector<LstmPolicy::Proposal> LstmPolicy::sample(
    common::RandomStream& random, const std::vector<double>& temperatures) const {
  const at::NoGradGuard no_grad;
  Proposal blank;
  blank.choices.assign(places_.size(), kInactive);
  std::vector<Proposal> proposals(temperatures.size(), blank);
  const auto batch = static_cast<int64_t>(temperatures.size());
  const auto sources = static_cast<int64_t>(steps_.sources());
  at::Tensor tokens = at::full({batch}, kStartToken, at::kLong);
  at::Tensor links;
  at::Tensor hidden;
  at::Tensor cell;
  std::vector<at::Tensor> states;
  for (size_t s = 0; s < steps_.size(); ++s) {
    const auto& step = steps_[s];
    const at::Tensor input = read(tokens, links) + position_.select(0, static_cast<int64_t>(s));
    at::Tensor gates = at::addmm(gate_bias_, input, input_weight_);
    if (hidden.defined()) gates = at::addmm(gates, hidden, hidden_weight_);
    advance(gates, hidden, cell);
    states.push_back(hidden);
    const at::Tensor logits = squash(logits_at(s, states)).to(at::kDouble).contiguous();
    const double* row = logits.const_data_ptr<double>();
    for (size_t decision = step.first; decision < step.first + step.count; ++decision) {
      const auto count = static_cast<int64_t>(view_.decisions()[decision].values.size());
      for (size_t i = 0; i < proposals.size(); ++i, row += logits.size(-1)) {
        Proposal& proposal = proposals[i];
        if (!view_.active(decision, proposal.choices)) continue;
        const int choice = pick(row, count, temperatures[i], random.uniform());
        proposal.choices[decision] = choice;
        proposal.log_prob += log_prob_of(row, count, choice);
      }
    }
    tokens = at::empty({batch}, at::kLong);
    for (size_t i = 0; i < proposals.size(); ++i)
      tokens.mutable_data_ptr<int64_t>()[i] = token_after(s, proposals[i].choices);
    if (sources == 0) continue;
    links = at::zeros({batch, sources}, at::kDouble);
    for (size_t i = 0; i < proposals.size(); ++i) {
      steps_.write_links(s, proposals[i].choices,
                         links.mutable_data_ptr<double>() + static_cast<int64_t>(i) * sources);
    }
    links = links.to(options_.dtype);
  }
  return proposals;
}

}  // namespace nas::controller
