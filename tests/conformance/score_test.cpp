// What every zero-cost score must do, run over each registered name.
#include "child_trainer/score.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <map>
#include <set>

#include "common/error.h"
#include "search_space/network_family.h"
#include "search_space/space.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Catch::Matchers::WithinRel;
using common::Registry;
using search_space::Architecture;
using search_space::NetworkOptions;

constexpr int64_t kSide = 16;
constexpr int64_t kClasses = 7;
constexpr const char* kDead = "|none~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|";
constexpr const char* kConvolutions =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~"
    "2|";
constexpr const char* kIdentities =
    "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~"
    "2|";

Network network_of(const Architecture& architecture, uint64_t seed = 1, bool auxiliary = false) {
  const NetworkOptions options{
      .input_size = kSide, .classes = kClasses, .cells = 1, .filters = 4, .auxiliary = auxiliary};
  return {search_space::build_network(architecture, options), at::kCPU, {.seed = seed}};
}

Network network_of(const std::string& name) {
  return network_of(search_space::find_architecture(name));
}

Batch random_batch(uint64_t seed = 1, int64_t count = 8) {
  common::RandomStream random({.seed = seed, .purpose = "score_test"});
  Batch batch{.images = at::empty({count, 3, kSide, kSide}),
              .targets = at::empty({count}, at::kLong)};
  auto* pixels = batch.images.data_ptr<float>();
  for (int64_t i = 0; i < batch.images.numel(); ++i)
    pixels[i] = static_cast<float>(random.normal());
  auto* labels = batch.targets.data_ptr<int64_t>();
  for (int64_t i = 0; i < count; ++i) labels[i] = random.integer(kClasses);
  batch.images = batch.images.contiguous(at::MemoryFormat::ChannelsLast);
  return batch;
}

Batch with_several_labels(Batch batch) {
  batch.targets = at::one_hot(batch.targets, kClasses).to(at::kFloat);
  batch.targets.select(1, 0).fill_(1.0);
  return batch;
}

// Architectures of every space, by the name of the space and their number.
std::map<std::string, Architecture> sampled_architectures() {
  std::map<std::string, Architecture> all;
  for (const auto& [name, entry] : Registry<search_space::SpacePlugin>::entries()) {
    if (entry.plugin.of_settings) continue;
    const auto space = entry.plugin.make();
    common::RandomStream random({.seed = 5, .purpose = "score_test"});
    for (int i = 0; i < 8; ++i)
      all[name + " " + std::to_string(i)] = space->architecture(space->sample(random));
  }
  return all;
}

// Everything that a score must leave alone.
struct Contents {
  std::vector<at::Tensor> values;
  std::set<const void*> places;

  explicit Contents(const Network& network) {
    for (const auto& [name, tensor] : network.state(true)) {
      values.push_back(tensor.detach().clone());
      places.insert(tensor.data_ptr());
      if (tensor.grad().defined()) values.push_back(tensor.grad().clone());
    }
  }
  bool operator==(const Contents& other) const {
    if (places != other.places || values.size() != other.values.size()) return false;
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i].scalar_type() != other.values[i].scalar_type()) return false;
      if (!at::equal(values[i], other.values[i])) return false;
    }
    return true;
  }
};

TEST_CASE("Every score has a name, a summary and its function", "[conformance]") {
  REQUIRE(!Registry<Score>::names().empty());
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    CHECK(entry.plugin.summary.back() != '.');
    CHECK(entry.plugin.compute != nullptr);
  }
}

TEST_CASE("An unknown score is answered with the known ones", "[conformance]") {
  for (const std::string& name : Registry<Score>::names()) {
    CHECK_THROWS_MATCHES(
        Registry<Score>::find("no-such-score"), common::UsageError,
        MessageMatches(ContainsSubstring("unknown score") && ContainsSubstring(name)));
  }
}

TEST_CASE("Every score is a number for random networks of every space", "[conformance]") {
  const Batch batch = random_batch();
  for (const auto& [architecture_name, architecture] : sampled_architectures()) {
    Network network = network_of(architecture);
    for (const auto& [name, entry] : Registry<Score>::entries()) {
      CAPTURE(name, architecture_name);
      CHECK(std::isfinite(compute_score(entry.plugin, network, batch)));
    }
  }
}

TEST_CASE("Every score is a number for a network that does not see its image", "[conformance]") {
  Network network = network_of(kDead);
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    CHECK(std::isfinite(compute_score(entry.plugin, network, random_batch())));
  }
}

TEST_CASE("Every score takes a batch of two images, and of several labels", "[conformance]") {
  Network network = network_of("nasnet-a");
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    CHECK(std::isfinite(compute_score(entry.plugin, network, random_batch(1, 2))));
    CHECK(std::isfinite(compute_score(entry.plugin, network, with_several_labels(random_batch()))));
  }
}

TEST_CASE("Every score leaves weights, buffers and gradients as they were", "[conformance]") {
  Network network = network_of("nasnet-a");
  network.forward(random_batch().images, {.training = true}).logits.square().sum().backward();
  const Contents before(network);
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    const Batch batch = random_batch();
    compute_score(entry.plugin, network, batch);
    CHECK(Contents(network) == before);
    CHECK(at::equal(batch.images, random_batch().images));
    CHECK_FALSE(batch.images.requires_grad());
    for (const auto& [parameter_name, parameter] : network.parameters()) {
      CAPTURE(parameter_name);
      CHECK(parameter.requires_grad());
    }
  }
}

TEST_CASE("Every score is a function of the network and the batch", "[conformance]") {
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    Network network = network_of("nasnet-a");
    const double score = compute_score(entry.plugin, network, random_batch());
    CHECK(compute_score(entry.plugin, network, random_batch()) == score);
    Network again = network_of("nasnet-a");
    CHECK(compute_score(entry.plugin, again, random_batch()) == score);
    const at::NoGradGuard no_grad;
    CHECK(compute_score(entry.plugin, again, random_batch()) == score);
    const bool other = compute_score(entry.plugin, network, random_batch(2)) != score;
    CHECK(other == entry.plugin.needs_batch);
    if (!entry.plugin.needs_batch) CHECK(compute_score(entry.plugin, network, {}) == score);
  }
}

TEST_CASE("Every score tells convolutions from identities", "[conformance]") {
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    Network one = network_of(kConvolutions);
    Network other = network_of(kIdentities);
    CHECK(compute_score(entry.plugin, one, random_batch()) !=
          compute_score(entry.plugin, other, random_batch()));
  }
}

TEST_CASE("Every score leaves the auxiliary head out", "[conformance]") {
  const auto architecture = search_space::find_architecture("nasnet-a");
  Network without = network_of(architecture);
  Network with = network_of(architecture, 1, true);
  REQUIRE(with.parameters().size() > without.parameters().size());
  for (const auto& [name, entry] : Registry<Score>::entries()) {
    CAPTURE(name);
    CHECK_THAT(compute_score(entry.plugin, with, random_batch()),
               WithinRel(compute_score(entry.plugin, without, random_batch()), 1e-6));
  }
}

TEST_CASE("A score that is no number fails the trial", "[child_trainer]") {
  const Score score{.name = "broken", .summary = "", .compute = [](Network&, const Batch&) {
                      return std::nan("");
                    }};
  Network network = network_of(kIdentities);
  CHECK_THROWS_AS(compute_score(score, network, {}), common::TrialError);
}

}  // namespace
}  // namespace nas::child_trainer
