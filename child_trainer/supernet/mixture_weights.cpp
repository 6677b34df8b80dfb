#include "child_trainer/supernet/mixture_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <utility>

#include "common/error.h"
#include "search_space/op.h"

namespace nas::child_trainer {

namespace {

constexpr double kFirstScale = 1e-3;
constexpr double kMeanDecay = 0.5;
constexpr double kSquareDecay = 0.999;
constexpr double kEpsilon = 1e-8;

at::Tensor first_values(const std::vector<int64_t>& shape, uint64_t seed,
                        std::string_view purpose) {
  at::Tensor values = at::empty(shape);
  common::RandomStream random({.seed = seed, .purpose = purpose});
  auto* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i)
    data[i] = static_cast<float>(kFirstScale * random.normal());
  return values;
}

// Of a softmax: from the gradient at its results to that at its arguments.
at::Tensor through_softmax(const at::Tensor& results, const at::Tensor& gradient) {
  return results * (gradient - (results * gradient).sum(-1, true));
}

}  // namespace

MixtureWeights::MixtureWeights(const search_space::Mixture& mixture,
                               const MixtureSettings& settings, uint64_t seed, Network& network)
    : settings_(settings) {
  const auto edges = mixture.edges();
  std::map<std::string, int64_t> edge_at;
  std::map<std::string, std::vector<int64_t>> node_at;
  for (size_t e = 0; e < edges.size(); ++e) {
    edge_at[place_of(edges[e])] = static_cast<int64_t>(e);
    node_at[node_place_of(edges[e])].push_back(static_cast<int64_t>(e));
  }
  for (const auto& [place, members] : node_at) nodes_.push_back(members);
  std::vector<int64_t> real;
  for (size_t o = 0; o < mixture.operations.size(); ++o) {
    if (!common::Registry<search_space::Op>::find(mixture.operations[o]).is_none)
      real.push_back(static_cast<int64_t>(o));
  }
  real_ = at::tensor(real, at::kLong);
  for (const auto& node : network.graph().nodes) {
    if (node.kind != search_space::Primitive::kWeightedSum) continue;
    const std::string place = search_space::mixture_place(node.name);
    const bool of_node = node_at.count(place) > 0;
    if (!of_node && edge_at.count(place) == 0) {
      throw common::InternalError(
          {.where = "mixture", .what = "a weighted sum without an edge", .got = node.name});
    }
    const at::Tensor weights = network.buffers().at(node.buffers[0].name);
    weights.set_requires_grad(true);
    sums_.push_back({.weights = weights,
                     .edges = of_node ? node_at.at(place) : std::vector{edge_at.at(place)},
                     .of_node = of_node});
  }
  const auto count = static_cast<int64_t>(edges.size());
  const auto values = static_cast<int64_t>(mixture.operations.size());
  const auto make = [&](const std::vector<int64_t>& shape, std::string_view purpose) {
    return Trained{.value = first_values(shape, seed, purpose),
                   .mean = at::zeros(shape),
                   .square = at::zeros(shape)};
  };
  alpha_ = make({count, values}, "alpha");
  if (settings_.partial_channels > 1) beta_ = make({count}, "beta");
  steps_ = at::zeros({1}, at::kLong);
  write();
}

at::Tensor MixtureWeights::operations() const { return at::softmax(alpha_.value, 1); }

at::Tensor MixtureWeights::edges() const {
  at::Tensor weights = at::empty_like(beta_.value);
  for (const auto& node : nodes_) {
    const at::Tensor members = at::tensor(node, at::kLong);
    weights.index_copy_(0, members, at::softmax(beta_.value.index_select(0, members), 0));
  }
  return weights;
}

void MixtureWeights::write() const {
  const at::NoGradGuard no_grad;
  const at::Tensor of_operations = operations().index_select(1, real_);
  const at::Tensor of_edges = beta_.value.defined() ? edges() : at::Tensor();
  for (const Sum& sum : sums_) {
    sum.weights.copy_(sum.of_node ? of_edges.index_select(0, at::tensor(sum.edges, at::kLong))
                                  : of_operations[sum.edges[0]]);
  }
}

MixtureWeights::Gradients MixtureWeights::take_gradients() const {
  const at::NoGradGuard no_grad;
  at::Tensor at_operations = at::zeros_like(alpha_.value);
  at::Tensor at_edges = beta_.value.defined() ? at::zeros_like(beta_.value) : at::Tensor();
  for (const Sum& sum : sums_) {
    const at::Tensor gradient = std::exchange(sum.weights.mutable_grad(), at::Tensor());
    if (!gradient.defined()) continue;
    const at::Tensor here = gradient.to(at::kCPU, at::kFloat);
    if (sum.of_node) {
      at_edges.index_add_(0, at::tensor(sum.edges, at::kLong), here);
    } else {
      at_operations[sum.edges[0]].index_add_(0, real_, here);
    }
  }
  Gradients gradients{.alpha = through_softmax(operations(), at_operations), .beta = {}};
  if (!beta_.value.defined()) return gradients;
  const at::Tensor results = edges();
  gradients.beta = at::empty_like(results);
  for (const auto& node : nodes_) {
    const at::Tensor members = at::tensor(node, at::kLong);
    gradients.beta.index_copy_(
        0, members,
        through_softmax(results.index_select(0, members), at_edges.index_select(0, members)));
  }
  return gradients;
}

void MixtureWeights::adam(const Trained& trained, at::Tensor gradient) const {
  const auto steps = static_cast<double>(steps_.item<int64_t>());
  gradient = gradient + settings_.weight_decay * trained.value;
  trained.mean.mul_(kMeanDecay).add_(gradient, 1.0 - kMeanDecay);
  trained.square.mul_(kSquareDecay).addcmul_(gradient, gradient, 1.0 - kSquareDecay);
  const at::Tensor mean = trained.mean / (1.0 - std::pow(kMeanDecay, steps));
  const at::Tensor square = trained.square / (1.0 - std::pow(kSquareDecay, steps));
  trained.value.addcdiv_(mean, square.sqrt().add_(kEpsilon), -settings_.learning_rate);
}

void MixtureWeights::step(const Gradients& gradients) {
  const at::NoGradGuard no_grad;
  steps_ += 1;
  adam(alpha_, gradients.alpha);
  if (beta_.value.defined()) adam(beta_, gradients.beta);
}

std::vector<double> MixtureWeights::values() const {
  at::Tensor weights = operations().to(at::kDouble);
  if (beta_.value.defined()) weights = weights * edges().to(at::kDouble).unsqueeze(1);
  weights = weights.contiguous();
  const auto* data = weights.const_data_ptr<double>();
  return {data, data + weights.numel()};
}

double MixtureWeights::entropy() const {
  const at::Tensor weights = operations().to(at::kDouble);
  return -(weights * weights.log()).sum(1).mean().item<double>();
}

NamedTensors MixtureWeights::state() const {
  NamedTensors state = {{"alpha", alpha_.value},
                        {"alpha_mean", alpha_.mean},
                        {"alpha_square", alpha_.square},
                        {"steps", steps_}};
  if (!beta_.value.defined()) return state;
  state["beta"] = beta_.value;
  state["beta_mean"] = beta_.mean;
  state["beta_square"] = beta_.square;
  return state;
}

}  // namespace nas::child_trainer
