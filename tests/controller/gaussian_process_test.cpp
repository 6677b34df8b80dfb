#include "controller/gaussian_process.h"

#include <ATen/ATen.h>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <numbers>

#include "common/random.h"

namespace nas::controller {
namespace {

using Catch::Approx;

at::Tensor column(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).unsqueeze(1);
}

// [points, size], of a standard normal distribution.
at::Tensor normal(int64_t points, int64_t size, uint64_t seed) {
  common::RandomStream random({.seed = seed, .purpose = "points"});
  const at::Tensor drawn = at::empty({points, size}, at::kDouble);
  double* values = drawn.mutable_data_ptr<double>();
  for (int64_t i = 0; i < drawn.numel(); ++i) values[i] = random.normal();
  return drawn;
}

at::Tensor centred(const at::Tensor& targets) { return targets - targets.mean(); }

double number(const at::Tensor& tensor, int64_t i) { return tensor[i].item<double>(); }

TEST_CASE("gaussian process: two points as the formulas say", "[controller]") {
  const double length = 2.0;
  const double noise = 0.1;
  const at::Tensor targets = at::tensor({1.0, -1.0}, at::kDouble);
  const GaussianProcess process({column({0.0, 1.0})}, targets,
                                {.lengths = {length}, .noise = noise});
  const auto k = [&](double distance) {
    return std::exp(-distance * distance / (2.0 * length * length));
  };
  // The inverse of [[a, b], [b, a]].
  const double a = 1.0 + noise;
  const double b = k(1.0);
  const double determinant = a * a - b * b;
  const double scale = (2.0 * a + 2.0 * b) / determinant / 2.0;
  const double x = 0.25;
  const double near = k(x);
  const double far = k(1.0 - x);
  const double mean = (near * (a + b) - far * (a + b)) / determinant;
  const double explained = (a * near * near - 2.0 * b * near * far + a * far * far) / determinant;

  const auto posterior = process.predict({column({x, 1e6})});
  CHECK(number(posterior.mean, 0) == Approx(mean));
  CHECK(number(posterior.deviation, 0) == Approx(std::sqrt(scale * (1.0 - explained))));
  CHECK(number(posterior.mean, 1) == Approx(0.0).margin(1e-12));
  CHECK(number(posterior.deviation, 1) == Approx(std::sqrt(scale)));
  // log N(t | 0, s² (K + v I)), where s² makes t' (s² (K + v I))⁻¹ t the number of points.
  const double expected =
      -0.5 * 2.0 - 0.5 * std::log(scale * scale * determinant) - std::log(2.0 * std::numbers::pi);
  CHECK(process.log_likelihood() == Approx(expected));
}

TEST_CASE("gaussian process: without noise it goes through its targets", "[controller]") {
  const Points points = {normal(20, 3, 1)};
  const at::Tensor targets = centred(normal(20, 1, 2).squeeze(1));
  const GaussianProcess process(points, targets, {.lengths = {1.0}, .noise = 1e-9});
  const auto posterior = process.predict(points);
  CHECK(at::allclose(posterior.mean, targets, 1e-5, 1e-5));
  CHECK(posterior.deviation.max().item<double>() < 1e-3);
}

TEST_CASE("gaussian process: an infinite length leaves a group out", "[controller]") {
  const at::Tensor one = normal(15, 2, 1);
  const at::Tensor other = normal(15, 4, 2);
  const at::Tensor targets = centred(normal(15, 1, 3).squeeze(1));
  const double none = std::numeric_limits<double>::infinity();
  const GaussianProcess both({one, other}, targets, {.lengths = {1.5, none}});
  const GaussianProcess alone({one}, targets, {.lengths = {1.5}});
  const at::Tensor x = normal(5, 2, 4);
  CHECK(at::equal(both.predict({x, normal(5, 4, 5)}).mean, alone.predict({x}).mean));
  CHECK(both.log_likelihood() == alone.log_likelihood());
}

TEST_CASE("gaussian process: what is expected changes no mean, but is less uncertain",
          "[controller]") {
  const Points points = {normal(12, 2, 1)};
  const at::Tensor targets = centred(normal(12, 1, 2).squeeze(1));
  const GaussianProcess before(points, targets, {.lengths = {1.0}, .noise = 0.01});
  const Points pending = {normal(3, 2, 3)};
  const GaussianProcess after = before.expecting(pending);
  const Points others = {normal(30, 2, 4)};
  const auto one = before.predict(others);
  const auto two = after.predict(others);
  CHECK(at::allclose(one.mean, two.mean, 1e-8, 1e-8));
  CHECK((two.deviation <= one.deviation + 1e-9).all().item<bool>());
  const at::Tensor known = after.predict(pending).deviation;
  CHECK((known < 0.5 * before.predict(pending).deviation).all().item<bool>());
}

TEST_CASE("gaussian process: the likeliest setting finds the group that tells, and the noise",
          "[controller]") {
  const at::Tensor one = normal(60, 1, 1);
  const at::Tensor other = normal(60, 1, 2);
  const at::Tensor smooth = centred(at::sin(one).squeeze(1));
  const KernelSetting exact = likeliest_setting({one, other}, smooth);
  CHECK(std::isfinite(exact.lengths[0]));
  CHECK(exact.lengths[1] > 2.0 * exact.lengths[0]);
  CHECK(exact.noise <= 0.001);

  const at::Tensor disturbance = normal(60, 1, 3).squeeze(1);
  const KernelSetting noisy = likeliest_setting({one, other}, smooth + centred(disturbance));
  CHECK(noisy.noise >= 0.1);

  // It is the likeliest one.
  const GaussianProcess chosen({one, other}, smooth, exact);
  for (const double factor : {0.25, 4.0}) {
    KernelSetting changed = exact;
    changed.lengths[0] *= factor;
    CHECK(GaussianProcess({one, other}, smooth, changed).log_likelihood() <
          chosen.log_likelihood());
  }
}

TEST_CASE("gaussian process: lengths follow the unit of the points", "[controller]") {
  const at::Tensor one = normal(30, 2, 1);
  const at::Tensor other = normal(30, 3, 2);
  const at::Tensor targets = centred(one.sum(1) + other.sum(1));
  const KernelSetting setting = likeliest_setting({one, other}, targets);
  const KernelSetting scaled = likeliest_setting({one * 1024.0, other}, targets * 8.0);
  CHECK(scaled.lengths[0] == Approx(1024.0 * setting.lengths[0]));
  CHECK(scaled.lengths[1] == Approx(setting.lengths[1]));
  CHECK(scaled.noise == setting.noise);
}

TEST_CASE("gaussian process: equal points and equal targets are survived", "[controller]") {
  const Points same = {at::ones({5, 2}, at::kDouble), at::zeros({5, 0}, at::kDouble)};
  const at::Tensor zeros = at::zeros({5}, at::kDouble);
  for (const at::Tensor& targets : {zeros, centred(normal(5, 1, 1).squeeze(1))}) {
    const GaussianProcess process(same, targets, likeliest_setting(same, targets));
    const auto posterior = process.predict(same);
    CHECK(at::isfinite(posterior.mean).all().item<bool>());
    CHECK(at::isfinite(posterior.deviation).all().item<bool>());
    CHECK(std::isfinite(process.log_likelihood()));
  }
}

}  // namespace
}  // namespace nas::controller
