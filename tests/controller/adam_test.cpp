#include "controller/adam.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

namespace nas::controller {
namespace {

using Catch::Matchers::WithinAbs;

NamedTensors parameters() {
  const at::Tensor weight = at::full({2, 3}, 1.0, at::kDouble);
  const at::Tensor bias = at::full({3}, -2.0, at::kDouble);
  weight.set_requires_grad(true);
  bias.set_requires_grad(true);
  return {{"weight", weight}, {"bias", bias}};
}

void descend(const NamedTensors& tensors, Adam& adam, int steps) {
  for (int i = 0; i < steps; ++i) {
    const at::Tensor& weight = tensors[0].second;
    const at::Tensor& bias = tensors[1].second;
    ((weight - 3.0) * (weight - 3.0) + (bias * bias).unsqueeze(0)).sum().backward();
    adam.step();
  }
}

TEST_CASE("adam: steps follow the formula", "[controller]") {
  const at::Tensor parameter = at::zeros({1}, at::kDouble);
  parameter.set_requires_grad(true);
  Adam adam({{"x", parameter}},
            {.learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-6});
  double x = 0.0;
  double mean = 0.0;
  double square = 0.0;
  const std::vector<double> gradients = {2.0, -1.0, 0.5, 4.0};
  for (size_t i = 0; i < gradients.size(); ++i) {
    const double gradient = gradients[i];
    const auto step = static_cast<double>(i + 1);
    parameter.mutable_grad() = at::full({1}, gradient, at::kDouble);
    adam.step();
    CHECK_FALSE(parameter.grad().defined());
    mean = 0.8 * mean + 0.2 * gradient;
    square = 0.9 * square + 0.1 * gradient * gradient;
    x -= 0.1 * (mean / (1.0 - std::pow(0.8, step))) /
         (std::sqrt(square / (1.0 - std::pow(0.9, step))) + 1e-6);
    CHECK_THAT(parameter.item<double>(), WithinAbs(x, 1e-12));
  }
}

TEST_CASE("adam: finds the minimum", "[controller]") {
  const NamedTensors tensors = parameters();
  Adam adam(tensors, {.learning_rate = 0.05});
  descend(tensors, adam, 1000);
  CHECK((tensors[0].second - 3.0).abs().max().item<double>() < 0.01);
  CHECK(tensors[1].second.abs().max().item<double>() < 0.01);
}

TEST_CASE("adam: saved and loaded goes on bit for bit", "[controller]") {
  const NamedTensors straight = parameters();
  Adam uninterrupted(straight, {.learning_rate = 0.05});
  descend(straight, uninterrupted, 7);

  const common::Json values = tensors_to_json(straight);
  const common::Json state = uninterrupted.save();
  const NamedTensors restored = parameters();
  tensors_from_json(values, restored);
  Adam resumed(restored, {.learning_rate = 0.05});
  resumed.load(state);

  descend(straight, uninterrupted, 7);
  descend(restored, resumed, 7);
  CHECK(at::equal(straight[0].second, restored[0].second));
  CHECK(at::equal(straight[1].second, restored[1].second));
  CHECK(uninterrupted.save().dump() == resumed.save().dump());
}

TEST_CASE("adam: another's state is refused", "[controller]") {
  const NamedTensors tensors = parameters();
  Adam adam(tensors, {});
  CHECK_THROWS_AS(adam.load(common::Json::object()), common::DataError);
  common::Json state = adam.save();
  state["means"]["weight"] = common::to_base64("too short");
  CHECK_THROWS_AS(adam.load(state), common::DataError);
}

}  // namespace
}  // namespace nas::controller
