#include "controller/lstm_policy.h"

#include <ATen/core/grad_mode.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <map>

#include "tests/support/decision_space.h"

namespace nas::controller {
namespace {

using Catch::Matchers::WithinAbs;
using search_space::kInactive;

// Two kinds; "last" has fewer values than its kind's vocabulary and is active for switch = 1 only.
const DecisionSpace& tiny_space() {
  static const DecisionSpace space({
      {.name = "first", .values = numbered(3), .kind = "operation"},
      {.name = "switch", .values = numbered(2), .kind = "state"},
      {.name = "last",
       .values = numbered(2),
       .kind = "operation",
       .active_if = search_space::Decision::Condition{.decision = 1, .choice = 1}},
  });
  return space;
}

std::vector<Choices> all_choices() {
  std::vector<Choices> all;
  for (int first = 0; first < 3; ++first) {
    all.push_back({first, 0, kInactive});
    for (int last = 0; last < 2; ++last) all.push_back({first, 1, last});
  }
  return all;
}

LstmPolicy tiny_policy(LstmPolicyOptions options, uint64_t seed = 1) {
  common::RandomStream random({.seed = seed});
  options.units = 6;
  LstmPolicy policy(SpaceView(tiny_space()), options, random);
  // Larger weights than those of the start, so that the probabilities differ.
  const at::NoGradGuard no_grad;
  for (const auto& [name, parameter] : policy.parameters()) parameter.mul_(8.0);
  return policy;
}

double at_index(const at::Tensor& tensor, size_t index) {
  return tensor.select(0, static_cast<int64_t>(index)).to(at::kDouble).item<double>();
}

TEST_CASE("lstm policy: probabilities of all choices sum to one", "[controller]") {
  const LstmPolicy policy = tiny_policy({.dtype = at::kDouble});
  const LstmPolicy::Evaluation evaluation = policy.log_probs_and_entropy(all_choices());
  REQUIRE(evaluation.log_probs.numel() == 9);
  CHECK_THAT(evaluation.log_probs.exp().sum().item<double>(), WithinAbs(1.0, 1e-12));
  const double spread = (evaluation.log_probs.max() - evaluation.log_probs.min()).item<double>();
  CHECK(spread > 0.1);
}

TEST_CASE("lstm policy: the mean of the entropies is the entropy of the choices", "[controller]") {
  const LstmPolicy policy = tiny_policy({.tanh_constant = 1.5, .dtype = at::kDouble});
  const LstmPolicy::Evaluation evaluation = policy.log_probs_and_entropy(all_choices());
  const at::Tensor shares = evaluation.log_probs.exp();
  const double expected = -(shares * evaluation.log_probs).sum().item<double>();
  CHECK_THAT((shares * evaluation.entropies).sum().item<double>(), WithinAbs(expected, 1e-12));
}

TEST_CASE("lstm policy: one batch gives what single evaluations give", "[controller]") {
  const LstmPolicy policy = tiny_policy({});
  const std::vector<Choices> all = all_choices();
  const LstmPolicy::Evaluation together = policy.log_probs_and_entropy(all);
  for (size_t i = 0; i < all.size(); ++i) {
    const LstmPolicy::Evaluation alone = policy.log_probs_and_entropy({all[i]});
    CHECK_THAT(at_index(together.log_probs, i), WithinAbs(at_index(alone.log_probs, 0), 1e-5));
    CHECK_THAT(at_index(together.entropies, i), WithinAbs(at_index(alone.entropies, 0), 1e-5));
  }
}

void check_gradients(const LstmPolicy& policy) {
  const std::vector<Choices> batch = {{0, 0, kInactive}, {2, 1, 1}, {1, 1, 0}};
  const auto objective = [&] {
    const LstmPolicy::Evaluation evaluation = policy.log_probs_and_entropy(batch);
    return (evaluation.log_probs + evaluation.entropies * 0.5).sum();
  };
  objective().backward();
  for (const auto& [name, parameter] : policy.parameters()) {
    INFO(name);
    REQUIRE(parameter.grad().defined());
    const at::Tensor gradient = parameter.grad().contiguous();
    const double* expected = gradient.const_data_ptr<double>();
    auto* values = parameter.mutable_data_ptr<double>();
    const at::NoGradGuard no_grad;
    for (int64_t i = 0; i < parameter.numel(); i += 7) {
      constexpr double kStep = 1e-5;
      const double value = values[i];
      values[i] = value + kStep;
      const double above = objective().item<double>();
      values[i] = value - kStep;
      const double below = objective().item<double>();
      values[i] = value;
      CHECK_THAT(expected[i], WithinAbs((above - below) / (2.0 * kStep), 1e-6));
    }
  }
}

TEST_CASE("lstm policy: gradients agree with finite differences", "[controller]") {
  check_gradients(tiny_policy({.dtype = at::kDouble}));
  check_gradients(tiny_policy({.temperature = 1.5, .tanh_constant = 2.0, .dtype = at::kDouble}));
}

TEST_CASE("lstm policy: samples follow the probabilities", "[controller]") {
  const LstmPolicy policy = tiny_policy({});
  common::RandomStream random({.seed = 5, .purpose = "sample"});
  constexpr size_t kDraws = 4000;
  std::map<Choices, double> frequency;
  std::map<Choices, double> log_prob;
  for (const auto& proposal : policy.sample(random, std::vector<double>(kDraws, 1.0))) {
    REQUIRE(tiny_space().valid(proposal.choices));
    frequency[proposal.choices] += 1.0 / static_cast<double>(kDraws);
    log_prob[proposal.choices] = proposal.log_prob;
  }
  const std::vector<Choices> all = all_choices();
  const LstmPolicy::Evaluation evaluation = policy.log_probs_and_entropy(all);
  for (size_t i = 0; i < all.size(); ++i) {
    const double expected = std::exp(at_index(evaluation.log_probs, i));
    const double error = std::sqrt(expected * (1.0 - expected) / static_cast<double>(kDraws));
    CHECK_THAT(frequency[all[i]], WithinAbs(expected, 5.0 * error));
    if (log_prob.count(all[i]) > 0) {
      CHECK_THAT(log_prob[all[i]], WithinAbs(at_index(evaluation.log_probs, i), 1e-5));
    }
  }
}

TEST_CASE("lstm policy: the same stream gives the same sample", "[controller]") {
  const LstmPolicy policy = tiny_policy({});
  common::RandomStream one({.seed = 3});
  common::RandomStream two({.seed = 3});
  for (int i = 0; i < 20; ++i) {
    const LstmPolicy::Proposal first = policy.sample(one).front();
    const LstmPolicy::Proposal second = policy.sample(two).front();
    CHECK(first.choices == second.choices);
    CHECK(first.log_prob == second.log_prob);
  }
}

TEST_CASE("lstm policy: weights start small and depend on the seed", "[controller]") {
  common::RandomStream one({.seed = 1});
  common::RandomStream same({.seed = 1});
  common::RandomStream other({.seed = 2});
  const SpaceView view(tiny_space());
  const LstmPolicy policy(view, {}, one);
  const LstmPolicy twin(view, {}, same);
  const LstmPolicy another(view, {}, other);
  for (size_t i = 0; i < policy.parameters().size(); ++i) {
    const auto& [name, parameter] = policy.parameters()[i];
    INFO(name);
    CHECK(parameter.abs().max().item<double>() <= 0.1 + 1e-6);
    CHECK(at::equal(parameter, twin.parameters()[i].second));
    CHECK_FALSE(at::equal(parameter, another.parameters()[i].second));
  }
}

}  // namespace
}  // namespace nas::controller
