// The set-selection attention of the LSTM policy (Zoph and Le 2017).
#include <ATen/core/grad_mode.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <map>
#include <set>

#include "controller/lstm_policy.h"
#include "tests/support/decision_space.h"

namespace nas::controller {
namespace {

using Catch::Matchers::WithinAbs;

// Three layers of one decision each; layer 1 may read 0, layer 2 may read 0 and 1.
const DecisionSpace& layered_space() {
  static const DecisionSpace space({
      {.name = "layer0", .values = numbered(3), .kind = "size"},
      {.name = "layer1", .values = numbered(3), .kind = "size"},
      {.name = "layer1.from0", .values = {"no", "yes"}, .kind = "skip", .attends_to = 0},
      {.name = "layer2", .values = numbered(2), .kind = "size"},
      {.name = "layer2.from0", .values = {"no", "yes"}, .kind = "skip", .attends_to = 0},
      {.name = "layer2.from1", .values = {"no", "yes"}, .kind = "skip", .attends_to = 2},
  });
  return space;
}

std::vector<Choices> all_layered_choices() {
  std::vector<Choices> all = {{}};
  for (const Decision& decision : layered_space().decisions()) {
    std::vector<Choices> longer;
    for (const Choices& begun : all) {
      for (int value = 0; value < static_cast<int>(decision.values.size()); ++value) {
        longer.push_back(begun);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

LstmPolicy layered_policy(LstmPolicyOptions options) {
  common::RandomStream random({.seed = 1});
  options.units = 6;
  LstmPolicy policy(SpaceView(layered_space()), options, random);
  const at::NoGradGuard no_grad;  // so that the probabilities differ
  for (const auto& [name, parameter] : policy.parameters()) parameter.mul_(10.0);
  return policy;
}

at::Tensor parameter_of(const LstmPolicy& policy, const std::string& name) {
  for (const auto& [known, tensor] : policy.parameters()) {
    if (known == name) return tensor.detach();
  }
  FAIL("no parameter " + name);
  return {};
}

TEST_CASE("anchor points: one step of the LSTM for all connections of a layer", "[controller]") {
  const LstmPolicy policy = layered_policy({});
  CHECK(parameter_of(policy, "position").size(0) == 5);  // not 6
  CHECK(parameter_of(policy, "head.skip.previous").sizes() == at::IntArrayRef({6, 6}));
  CHECK(parameter_of(policy, "head.skip.current").sizes() == at::IntArrayRef({6, 6}));
  CHECK(parameter_of(policy, "head.skip.vector").sizes() == at::IntArrayRef({6}));
}

TEST_CASE("anchor points: probabilities of all choices sum to one", "[controller]") {
  const LstmPolicy policy = layered_policy({.tanh_constant = 2.5, .dtype = at::kDouble});
  const auto evaluation = policy.log_probs_and_entropy(all_layered_choices());
  const at::Tensor shares = evaluation.log_probs.exp();
  REQUIRE(shares.numel() == 3 * 3 * 2 * 2 * 2 * 2);
  CHECK_THAT(shares.sum().item<double>(), WithinAbs(1.0, 1e-12));
  const double entropy = -(shares * evaluation.log_probs).sum().item<double>();
  CHECK_THAT((shares * evaluation.entropies).sum().item<double>(), WithinAbs(entropy, 1e-12));
}

// The probability of a connection is the paper's formula of the states, written out step by step.
TEST_CASE("anchor points: the sigmoid of v' tanh(W_previous h_j + W_current h_i)", "[controller]") {
  const LstmPolicy policy = layered_policy({.dtype = at::kDouble});
  const auto of = [&](const std::string& name) { return parameter_of(policy, name); };
  // Tokens: start, skipped, three sizes, anchor; then the sources: decision 0 and decision 2.
  const at::Tensor embedding = of("embedding");
  REQUIRE(embedding.size(0) == 2 + 3 + 1 + 2);
  at::Tensor hidden = at::zeros({6}, at::kDouble);
  at::Tensor cell = hidden;
  const auto step = [&](int position, const at::Tensor& input) {
    const at::Tensor gates = at::matmul(input + of("position")[position], of("lstm.input")) +
                             of("lstm.bias") + at::matmul(hidden, of("lstm.hidden"));
    const auto gate = [&](int i) { return gates.narrow(0, 6 * i, 6); };
    cell = at::sigmoid(gate(1)) * cell + at::sigmoid(gate(0)) * at::tanh(gate(3));
    hidden = at::sigmoid(gate(2)) * at::tanh(cell);
    return hidden;
  };
  const auto yes = [&](const at::Tensor& there, const at::Tensor& here) {
    const at::Tensor inner = at::tanh(at::matmul(there, of("head.skip.previous")) +
                                      at::matmul(here, of("head.skip.current")));
    return at::sigmoid(at::dot(inner, of("head.skip.vector"))).item<double>();
  };
  const at::Tensor layer0 = step(0, embedding[0]);
  step(1, embedding[2 + 1]);                             // layer 0 chose 1
  const at::Tensor anchor1 = step(2, embedding[2 + 2]);  // layer 1 chose 2
  const double first = yes(layer0, anchor1);
  step(3, embedding[5] + embedding[6]);                  // from0: yes
  const at::Tensor anchor2 = step(4, embedding[2 + 0]);  // layer 2 chose 0
  const double from0 = yes(layer0, anchor2);
  const double from1 = yes(anchor1, anchor2);

  const auto probability = [&](int a, int b, int c) {
    return policy.log_probs_and_entropy({{1, 2, a, 0, b, c}}).log_probs.exp().item<double>();
  };
  CHECK_THAT(probability(1, 1, 0) / probability(1, 0, 0), WithinAbs(from0 / (1 - from0), 1e-9));
  CHECK_THAT(probability(1, 0, 1) / probability(1, 0, 0), WithinAbs(from1 / (1 - from1), 1e-9));
  // What follows the first connection depends on it: its own share is that of all of them.
  double with = 0.0;
  double without = 0.0;
  for (const Choices& choices : all_layered_choices()) {
    if (choices[0] != 1 || choices[1] != 2) continue;
    const double share = policy.log_probs_and_entropy({choices}).log_probs.exp().item<double>();
    (choices[2] == 1 ? with : without) += share;
  }
  CHECK_THAT(with / (with + without), WithinAbs(first, 1e-9));
}

TEST_CASE("anchor points: gradients agree with finite differences", "[controller]") {
  const LstmPolicy policy = layered_policy({.temperature = 1.5, .dtype = at::kDouble});
  const std::vector<Choices> batch = {{0, 0, 0, 1, 1, 1}, {2, 1, 1, 0, 0, 1}, {1, 2, 1, 1, 0, 0}};
  const auto objective = [&] {
    const auto evaluation = policy.log_probs_and_entropy(batch);
    return (evaluation.log_probs + evaluation.entropies * 0.5).sum();
  };
  objective().backward();
  for (const auto& [name, parameter] : policy.parameters()) {
    INFO(name);
    REQUIRE(parameter.grad().defined());
    const at::Tensor gradient = parameter.grad().contiguous();
    const at::NoGradGuard no_grad;
    for (int64_t i = 0; i < parameter.numel(); i += 5) {
      constexpr double kStep = 1e-5;
      double& value = parameter.mutable_data_ptr<double>()[i];
      const double kept = value;
      value = kept + kStep;
      const double above = objective().item<double>();
      value = kept - kStep;
      const double below = objective().item<double>();
      value = kept;
      CHECK_THAT(gradient.const_data_ptr<double>()[i],
                 WithinAbs((above - below) / (2.0 * kStep), 1e-6));
    }
  }
}

TEST_CASE("anchor points: samples follow the probabilities", "[controller]") {
  const LstmPolicy policy = layered_policy({});
  common::RandomStream random({.seed = 5, .purpose = "sample"});
  constexpr size_t kDraws = 8000;
  std::map<Choices, double> frequency;
  std::map<Choices, double> log_prob;
  for (const auto& proposal : policy.sample(random, std::vector<double>(kDraws, 1.0))) {
    REQUIRE(layered_space().valid(proposal.choices));
    frequency[proposal.choices] += 1.0 / static_cast<double>(kDraws);
    log_prob[proposal.choices] = proposal.log_prob;
  }
  const std::vector<Choices> all = all_layered_choices();
  const auto evaluation = policy.log_probs_and_entropy(all);
  for (size_t i = 0; i < all.size(); ++i) {
    const double log = evaluation.log_probs[static_cast<int64_t>(i)].item<double>();
    const double expected = std::exp(log);
    const double error = std::sqrt(expected * (1.0 - expected) / static_cast<double>(kDraws));
    CHECK_THAT(frequency[all[i]], WithinAbs(expected, 5.0 * error));
    if (log_prob.count(all[i]) > 0) CHECK_THAT(log_prob[all[i]], WithinAbs(log, 1e-5));
  }
}

TEST_CASE("anchor points: nasrl is sampled with the probabilities that are evaluated",
          "[controller]") {
  for (const std::string name : {"nasrl", "nasrl-strides"}) {
    CAPTURE(name);
    const auto space = common::Registry<search_space::SpacePlugin>::find(name).make();
    common::RandomStream random({.seed = 3, .purpose = "sample"});
    const LstmPolicy policy(SpaceView(*space), {.units = 20, .dtype = at::kDouble}, random);
    const at::NoGradGuard no_grad;
    for (const auto& [parameter_name, parameter] : policy.parameters()) parameter.mul_(10.0);
    std::vector<Choices> batch;
    const auto proposals = policy.sample(random, std::vector<double>(20, 1.0));
    for (const auto& proposal : proposals) {
      REQUIRE(space->valid(proposal.choices));
      batch.push_back(proposal.choices);
    }
    const at::Tensor log_probs = policy.log_probs_and_entropy(batch).log_probs;
    std::set<Choices> different(batch.begin(), batch.end());
    CHECK(different.size() == batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      const double evaluated = log_probs[static_cast<int64_t>(i)].item<double>();
      CHECK(evaluated < -10.0);  // of so many networks none is likely
      CHECK_THAT(proposals[i].log_prob, WithinAbs(evaluated, 1e-9));
    }
  }
}

}  // namespace
}  // namespace nas::controller
