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
    : view_(view), options_(options) {
  make_heads();
  const int64_t units = options_.units;
  const auto decisions = static_cast<int64_t>(places_.size());
  embedding_ = add_parameter("embedding", {tokens_, units}, random);
  position_ = add_parameter("position", {decisions, units}, random);
  input_weight_ = add_parameter("lstm.input", {units, 4 * units}, random);
  hidden_weight_ = add_parameter("lstm.hidden", {units, 4 * units}, random);
  gate_bias_ = add_parameter("lstm.bias", {4 * units}, random);
  for (Head& head : heads_) {
    const auto rows = static_cast<int64_t>(head.decisions.size());
    head.weight = add_parameter("head." + head.kind + ".weight", {units, head.values}, random);
    head.bias = add_parameter("head." + head.kind + ".bias", {rows, head.values}, random);
  }
}

void LstmPolicy::make_heads() {
  const std::vector<Decision>& decisions = view_.decisions();
  for (size_t i = 0; i < decisions.size(); ++i) {
    const auto found = std::find_if(heads_.begin(), heads_.end(), [&](const Head& head) {
      return head.kind == decisions[i].kind;
    });
    const auto index = static_cast<size_t>(found - heads_.begin());
    if (found == heads_.end()) {
      heads_.emplace_back();
      heads_.back().kind = decisions[i].kind;
    }
    Head& head = heads_[index];
    places_.push_back({.head = index, .row = static_cast<int64_t>(head.decisions.size())});
    head.decisions.push_back(static_cast<int64_t>(i));
    head.values = std::max(head.values, static_cast<int64_t>(decisions[i].values.size()));
  }
  tokens_ = kFirstChoiceToken;
  for (Head& head : heads_) {
    head.first_token = tokens_;
    tokens_ += head.values;
    const auto rows = static_cast<int64_t>(head.decisions.size());
    head.index = at::empty({rows}, at::kLong);
    std::copy(head.decisions.begin(), head.decisions.end(), head.index.mutable_data_ptr<int64_t>());
    head.mask = at::zeros({rows, 1, head.values}, options_.dtype);
    for (int64_t row = 0; row < rows; ++row) {
      const auto decision = static_cast<size_t>(head.decisions[static_cast<size_t>(row)]);
      const auto known = static_cast<int64_t>(decisions[decision].values.size());
      head.mask.select(0, row).narrow(1, known, head.values - known).fill_(kMasked);
    }
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

int64_t LstmPolicy::token(size_t decision, int choice) const {
  if (choice == kInactive) return kSkippedToken;
  return heads_[places_[decision].head].first_token + choice;
}

LstmPolicy::Encoded LstmPolicy::encode(const std::vector<Choices>& batch) const {
  const auto steps = static_cast<int64_t>(places_.size());
  const auto count = static_cast<int64_t>(batch.size());
  Encoded encoded{.tokens = at::empty({steps * count}, at::kLong),
                  .picks = at::empty({steps, count}, at::kLong),
                  .active = at::empty({steps, count}, at::kDouble)};
  auto* tokens = encoded.tokens.mutable_data_ptr<int64_t>();
  auto* picks = encoded.picks.mutable_data_ptr<int64_t>();
  auto* active = encoded.active.mutable_data_ptr<double>();
  for (size_t step = 0; step < places_.size(); ++step) {
    for (const Choices& choices : batch) {
      *tokens++ = step == 0 ? kStartToken : token(step - 1, choices[step - 1]);
      *picks++ = std::max(choices[step], 0);
      *active++ = choices[step] == kInactive ? 0.0 : 1.0;
    }
  }
  encoded.active = encoded.active.to(options_.dtype);
  return encoded;
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

LstmPolicy::Evaluation LstmPolicy::log_probs_and_entropy(const std::vector<Choices>& batch) const {
  const Encoded encoded = encode(batch);
  const int64_t units = options_.units;
  const auto steps = static_cast<int64_t>(places_.size());
  const auto count = static_cast<int64_t>(batch.size());

  // All choices are known, so that all steps' inputs are one product.
  const at::Tensor inputs = embedding_.index_select(0, encoded.tokens).view({steps, count, units}) +
                            position_.unsqueeze(1);
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
  const at::Tensor states = at::stack(outputs);  // [decisions, batch, units]

  Evaluation total;
  for (const Head& head : heads_) {
    const auto rows = static_cast<int64_t>(head.decisions.size());
    const at::Tensor flat = states.index_select(0, head.index).view({rows * count, units});
    const at::Tensor logits =
        at::mm(flat, head.weight).view({rows, count, head.values}) + head.bias.unsqueeze(1);
    const at::Tensor logs = (squash(logits) + head.mask).log_softmax(-1);
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
  const at::Tensor tokens =
      at::full({static_cast<int64_t>(temperatures.size())}, kStartToken, at::kLong);
  auto* next_tokens = tokens.mutable_data_ptr<int64_t>();
  at::Tensor hidden;
  at::Tensor cell;
  for (size_t step = 0; step < places_.size(); ++step) {
    const Place& place = places_[step];
    const Head& head = heads_[place.head];
    const at::Tensor input =
        embedding_.index_select(0, tokens) + position_.select(0, static_cast<int64_t>(step));
    at::Tensor gates = at::addmm(gate_bias_, input, input_weight_);
    if (hidden.defined()) gates = at::addmm(gates, hidden, hidden_weight_);
    advance(gates, hidden, cell);
    const at::Tensor logits =
        squash(at::addmm(head.bias.select(0, place.row), hidden, head.weight)).to(at::kDouble);
    const double* row = logits.const_data_ptr<double>();
    const auto count = static_cast<int64_t>(view_.decisions()[step].values.size());
    for (size_t i = 0; i < proposals.size(); ++i, row += head.values) {
      Proposal& proposal = proposals[i];
      if (view_.active(step, proposal.choices)) {
        const int choice = pick(row, count, temperatures[i], random.uniform());
        proposal.choices[step] = choice;
        proposal.log_prob += log_prob_of(row, count, choice);
      }
      next_tokens[i] = token(step, proposal.choices[step]);
    }
  }
  return proposals;
}

}  // namespace nas::controller
