// Equal keys mean networks that are provably equal: for every space, networks with equal keys are
// built, given the same weights, and compared by what they answer and what they cost.
//
// Weights are drawn from the shape and the last names of a parameter alone, so that every
// convolution of one form is the same one wherever it stands, and no weights need to be mapped.
// What this hides, one operation in place of two with the same weights, the costs show.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "child_trainer/network.h"
#include "common/text.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/support/spaces.h"

namespace nas::search_space {
namespace {

constexpr size_t kVaried = 4;     // decisions that are changed together
constexpr int kBases = 300;       // random choices whose surroundings are looked at, or more
constexpr int kMostBases = 5000;  // where they have a few equal ones
constexpr size_t kEnough = 40;
constexpr double kTolerance = 1e-6;  // of the answers, in double precision, by their size
const NetworkOptions kSmall{.input_size = 8, .classes = 5, .cells = 1, .filters = 4};

// "cell3.block1.left.conv_3x3.conv.weight" -> "conv.weight [4, 4, 3, 3]".
std::string form_of(const std::string& name, const at::Tensor& tensor) {
  const auto words = common::split(name, '.');
  std::string form = words.back();
  if (words.size() > 1) form = words[words.size() - 2] + "." + form;
  for (const int64_t size : tensor.sizes()) form += " " + std::to_string(size);
  return form;
}

void fill(const child_trainer::NamedTensors& tensors) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    const std::string form = form_of(name, tensor);
    common::RandomStream random({.seed = 5, .purpose = form});
    std::vector<double> values(static_cast<size_t>(tensor.numel()));
    // Variances are positive; so are most weights, lest ReLUs hide everything.
    for (double& value : values) value = random.uniform(name.ends_with("var") ? 0.5 : -0.3, 1.0);
    tensor.copy_(at::tensor(values, at::kDouble).reshape(tensor.sizes()));
  }
}

struct Answer {
  at::Tensor scores;
  Cost cost;
};

Answer answer_of(const Space& space, const Choices& choices) {
  const NetworkGraph graph = build_network(space.architecture(choices), kSmall);
  child_trainer::Network network(graph, at::kCPU, {.seed = 1});
  network.to_double();
  fill(network.parameters());
  fill(network.buffers());
  common::RandomStream random({.seed = 6, .purpose = "images"});
  std::vector<double> pixels(2 * 3 * 8 * 8);
  for (double& pixel : pixels) pixel = random.normal();
  const at::NoGradGuard no_grad;
  return {
      .scores = network.forward(at::tensor(pixels, at::kDouble).reshape({2, 3, 8, 8}), {}).logits,
      .cost = cost_of(graph)};
}

bool same_scores(const Answer& a, const Answer& b) {
  const double size = a.scores.abs().max().item<double>();
  return (a.scores - b.scores).abs().max().item<double>() <= kTolerance * size;
}

// A few decisions, one behind the other or anywhere.
std::set<size_t> drawn_decisions(size_t count, common::RandomStream& random) {
  const auto all = static_cast<int64_t>(count);
  const int64_t from = random.integer(all);
  const bool near = random.chance(0.5);
  std::set<size_t> drawn;
  while (drawn.size() < std::min(kVaried, count)) {
    const int64_t next = near ? from + static_cast<int64_t>(drawn.size()) : random.integer(all);
    drawn.insert(static_cast<size_t>(next % all));
  }
  return drawn;
}

// Choices that differ from `base` in a few decisions, each of which takes the values that the
// others of its kind have there, and another; valid ones.
std::vector<Choices> surroundings(const Space& space, const Choices& base,
                                  common::RandomStream& random) {
  const std::set<size_t> varied = drawn_decisions(base.size(), random);
  std::vector<Choices> all = {base};
  for (const size_t decision : varied) {
    const Decision& own = space.decisions()[decision];
    const auto values = static_cast<int64_t>(own.values.size());
    std::set<int> taken = {static_cast<int>(random.integer(values))};
    for (const size_t other : varied) {
      if (space.decisions()[other].kind == own.kind && base[other] < values)
        taken.insert(base[other]);
    }
    std::vector<Choices> longer;
    for (const Choices& begun : all) {
      for (const int value : taken) {
        longer.push_back(begun);
        longer.back()[decision] = value;
      }
    }
    all = std::move(longer);
  }
  std::erase_if(all, [&](const Choices& choices) { return !space.valid(choices); });
  return all;
}

// Two choices of one key, as many such pairs as the surroundings of random choices have; none where
// the first have none.
std::vector<std::pair<Choices, Choices>> equal_pairs(const Space& space) {
  std::vector<std::pair<Choices, Choices>> pairs;
  common::RandomStream random({.seed = 4, .purpose = "pairs"});
  const auto go_on = [&](int bases) {
    return bases < kBases || (bases < kMostBases && !pairs.empty() && pairs.size() < kEnough);
  };
  for (int i = 0; go_on(i); ++i) {
    std::map<std::string, Choices> first;
    std::map<std::string, int> taken;
    for (const Choices& choices : surroundings(space, space.sample(random), random)) {
      const auto [found, added] = first.insert({space.key(choices), choices});
      if (!added && ++taken[found->first] == 1) pairs.emplace_back(found->second, choices);
    }
  }
  return pairs;
}

// Whether every choice is a network of its own, as far as neighbours tell.
bool all_differ(const Space& space) {
  common::RandomStream random({.seed = 10, .purpose = "differ"});
  for (int i = 0; i < 20; ++i) {
    const Choices choices = space.sample(random);
    std::set<std::string> keys = {space.key(choices)};
    const auto neighbours = space.neighbours(choices);
    for (const Choices& neighbour : neighbours) keys.insert(space.key(neighbour));
    if (keys.size() != neighbours.size() + 1) return false;
  }
  return true;
}

TEST_CASE("space: networks of equal keys answer the same, and cost the same",
          "[conformance][space]") {
  for (const auto& [name, make] : spaces_of_networks()) {
    const auto space = make();
    const auto pairs = equal_pairs(*space);
    CAPTURE(name, pairs.size());
    if (pairs.empty()) {
      CHECK(all_differ(*space));
      continue;
    }
    REQUIRE(pairs.size() >= 20);
    common::RandomStream random({.seed = 8, .purpose = "chosen"});
    const auto order = random.permutation(static_cast<int64_t>(pairs.size()));
    for (size_t i = 0; i < std::min<size_t>(60, pairs.size()); ++i) {
      const auto& [one, other] = pairs[static_cast<size_t>(order[i])];
      CAPTURE(one, other, space->key(one));
      const Answer a = answer_of(*space, one);
      const Answer b = answer_of(*space, other);
      CHECK(same_scores(a, b));
      CHECK(a.cost.parameters == b.cost.parameters);
      CHECK(a.cost.multiply_adds == b.cost.multiply_adds);
      CHECK(space->features(one) == space->features(other));
    }
  }
}

// The other way round it is not provable, but what is rarely equal by chance should be rare.
TEST_CASE("space: neighbours of different keys answer differently", "[conformance][space]") {
  for (const auto& [name, make] : spaces_of_networks()) {
    const auto space = make();
    common::RandomStream random({.seed = 9, .purpose = "neighbours"});
    int compared = 0;
    int alike = 0;
    for (int i = 0; i < 40; ++i) {
      const Choices choices = space->sample(random);
      const auto neighbours = space->neighbours(choices);
      const Choices& other =
          neighbours[static_cast<size_t>(random.integer(static_cast<int64_t>(neighbours.size())))];
      if (space->key(choices) == space->key(other)) continue;
      ++compared;
      if (same_scores(answer_of(*space, choices), answer_of(*space, other))) ++alike;
    }
    CAPTURE(name, compared, alike);
    CHECK(compared >= 20);
    CHECK(20 * alike <= compared);
  }
}

}  // namespace
}  // namespace nas::search_space
