#include "child_trainer/evaluate.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"
#include "tests/support/tiny_dataset.h"

namespace nas::child_trainer {
namespace {

double largest_difference(const std::vector<float>& one, const std::vector<float>& other) {
  REQUIRE(one.size() == other.size());
  double largest = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    largest =
        std::max(largest, std::abs(static_cast<double>(one[i]) - static_cast<double>(other[i])));
  }
  return largest;
}

TEST_CASE("evaluate: every image is scored once, in order, whatever the batch size",
          "[child_trainer]") {
  const data::Dataset dataset = tests::tiny_dataset(4, 11, 8, 1);
  const DeviceSplit split(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                          kCpu);
  Network network(small_graph(), kCpu, {.seed = 1});
  const auto scores = scores_of(network, split, 250);
  REQUIRE(scores.size() == 44 * 4);
  for (const int64_t batch_size : {1, 7, 43, 44, 45}) {
    CAPTURE(batch_size);
    CHECK(largest_difference(scores, scores_of(network, split, batch_size)) < 1e-5);
  }
  // Directly, the last image first.
  const at::NoGradGuard no_grad;
  const at::Tensor last = split.gather(at::arange(43, 44, at::kLong)).images;
  const at::Tensor expected = at::softmax(network.forward(last, {.training = false}).logits, 1);
  for (int64_t k = 0; k < 4; ++k) {
    CHECK_THAT(scores[static_cast<size_t>(43 * 4 + k)],
               Catch::Matchers::WithinAbs(expected[0][k].item<double>(), 1e-5));
  }
}

TEST_CASE("evaluate: one label sums to one, several do not compete", "[child_trainer]") {
  const data::Dataset single = tests::tiny_dataset(4, 5, 8, 1);
  const data::Dataset several = tests::with_several_labels(single);
  const Normalisation normalisation = measure_normalisation(single, single.train);
  Network network(small_graph(), kCpu, {.seed = 1});
  const auto softmax = scores_of(network, DeviceSplit(single, single.valid, normalisation, kCpu));
  const auto sigmoid = scores_of(network, DeviceSplit(several, several.valid, normalisation, kCpu));
  REQUIRE(softmax.size() == sigmoid.size());
  for (size_t i = 0; i < softmax.size(); i += 4) {
    const double sum = softmax[i] + softmax[i + 1] + softmax[i + 2] + softmax[i + 3];
    CHECK_THAT(sum, Catch::Matchers::WithinAbs(1.0, 1e-5));
    // The same logits: sigmoid(a) / (1 - sigmoid(a)) is exp(a).
    const double odds0 = sigmoid[i] / (1.0 - sigmoid[i]);
    const double odds1 = sigmoid[i + 1] / (1.0 - sigmoid[i + 1]);
    CHECK_THAT(odds0 / odds1,
               Catch::Matchers::WithinRel(static_cast<double>(softmax[i] / softmax[i + 1]), 1e-3));
  }
}

TEST_CASE("evaluate: a network can be trained after it was evaluated", "[child_trainer]") {
  const data::Dataset dataset = tests::tiny_dataset(4, 5, 8, 1);
  const DeviceSplit split(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                          kCpu);
  Network network(small_graph(), kCpu, {.seed = 1});
  const auto before = scores_of(network, split);
  CHECK(before == scores_of(network, split));
  const Batch batch = split.gather(at::arange(0, 8, at::kLong));
  at::cross_entropy_loss(network.forward(batch.images, {.training = true}).logits, batch.targets)
      .backward();
  for (const auto& [name, parameter] : network.parameters()) {
    CAPTURE(name);
    CHECK(parameter.grad().defined());
  }
}

}  // namespace
}  // namespace nas::child_trainer
