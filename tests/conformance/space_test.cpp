// What every space must do, registered or from a file.
#include "search_space/space.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <map>
#include <set>

#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/support/spaces.h"

namespace nas::search_space {
namespace {

constexpr int kSamples = 200;

struct Made {
  std::string name;
  std::unique_ptr<Space> space;
};

std::vector<Made> made(const std::vector<NamedSpace>& list) {
  std::vector<Made> all;
  for (const auto& [name, make] : list) all.push_back({name, make()});
  return all;
}

std::vector<Made> spaces() { return made(all_spaces()); }
std::vector<Made> networks() { return made(spaces_of_networks()); }

std::vector<Choices> samples(const Space& space, int count) {
  common::RandomStream random({.seed = 11, .purpose = "conformance"});
  std::vector<Choices> all;
  for (int i = 0; i < count; ++i) all.push_back(space.sample(random));
  return all;
}

TEST_CASE("space: a name, a summary and its function", "[conformance][space]") {
  REQUIRE(!common::Registry<SpacePlugin>::names().empty());
  for (const auto& [name, entry] : common::Registry<SpacePlugin>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    REQUIRE(entry.plugin.make != nullptr);
    const auto space = entry.plugin.make();
    REQUIRE(space != nullptr);
    CHECK(is_of_settings(*space) == entry.plugin.of_settings);
  }
}

TEST_CASE("space: decisions are named once and have values", "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    const auto& decisions = space->decisions();
    REQUIRE(!decisions.empty());
    std::set<std::string> names;
    for (size_t i = 0; i < decisions.size(); ++i) {
      const Decision& decision = decisions[i];
      CAPTURE(name, decision.name);
      CHECK(!decision.name.empty());
      CHECK(names.insert(decision.name).second);
      CHECK(!decision.kind.empty());
      CHECK(!decision.values.empty());
      const std::set<std::string> values(decision.values.begin(), decision.values.end());
      CHECK(values.size() == decision.values.size());
      if (!decision.active_if) continue;
      const int earlier = decision.active_if->decision;
      REQUIRE((earlier >= 0 && earlier < static_cast<int>(i)));
      const auto count = static_cast<int>(decisions[static_cast<size_t>(earlier)].values.size());
      CHECK((decision.active_if->choice >= 0 && decision.active_if->choice < count));
    }
  }
}

TEST_CASE("space: connections are yes or no, to an earlier decision", "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    const auto& decisions = space->decisions();
    for (size_t i = 0; i < decisions.size(); ++i) {
      CAPTURE(name, decisions[i].name);
      for (const Decision& other : decisions) {
        if (other.kind == decisions[i].kind)
          CHECK(other.attends_to.has_value() == decisions[i].attends_to.has_value());
      }
      if (!decisions[i].attends_to) continue;
      CHECK(decisions[i].values == std::vector<std::string>{"no", "yes"});
      // Not to one that is decided together with it.
      size_t anchor = i;
      while (anchor > 0 && decisions[anchor - 1].attends_to) --anchor;
      CHECK(*decisions[i].attends_to >= 0);
      CHECK(*decisions[i].attends_to < static_cast<int>(anchor));
    }
  }
}

TEST_CASE("space: decisions of one kind share a vocabulary", "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    for (const Decision& one : space->decisions()) {
      for (const Decision& other : space->decisions()) {
        if (one.kind != other.kind || one.values.size() > other.values.size()) continue;
        CAPTURE(name, one.name, other.name);
        CHECK(std::equal(one.values.begin(), one.values.end(), other.values.begin()));
      }
    }
  }
}

TEST_CASE("space: samples are valid and differ", "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    CAPTURE(name);
    std::set<Choices> different;
    for (const Choices& choices : samples(*space, kSamples)) {
      REQUIRE(space->valid(choices));
      different.insert(choices);
    }
    CHECK(different.size() > kSamples / 2);
    CHECK(samples(*space, 5) == samples(*space, 5));
  }
}

TEST_CASE("space: every sample is a network", "[conformance][space]") {
  const NetworkOptions options{.input_size = 16, .classes = 7, .cells = 1, .filters = 8};
  for (const auto& [name, space] : networks()) {
    for (const Choices& choices : samples(*space, kSamples)) {
      CAPTURE(name, choices);
      const NetworkGraph graph = build_network(space->architecture(choices), options);
      CHECK(graph.nodes[static_cast<size_t>(graph.logits)].shape == Shape{7, 1, 1});
      CHECK(cost_of(graph).parameters > 0);
    }
  }
}

TEST_CASE("space: choices and architectures go over into each other", "[conformance][space]") {
  for (const auto& [name, space] : networks()) {
    for (const Choices& choices : samples(*space, kSamples)) {
      CAPTURE(name, choices);
      const Architecture architecture = space->architecture(choices);
      CHECK(space->choices(architecture) == choices);
      CHECK(space->architecture(choices) == architecture);
    }
  }
}

TEST_CASE("space: a key survives JSON and another process' space", "[conformance][space]") {
  for (const auto& [name, make] : all_spaces()) {
    const auto space = make();
    const auto other = make();
    for (const Choices& choices : samples(*space, kSamples)) {
      CAPTURE(name, choices);
      const std::string key = space->key(choices);
      CHECK(!key.empty());
      CHECK(key.find('\n') == std::string::npos);
      CHECK(other->key(choices) == key);
      if (is_of_settings(*space)) continue;
      const std::string text = to_json(space->architecture(choices)).dump();
      const Architecture read = architecture_from_json(common::parse_json(text, name), name);
      CHECK(read == space->architecture(choices));
      CHECK(space->key(space->choices(read)) == key);
    }
  }
}

TEST_CASE("space: keys tell most samples apart", "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    CAPTURE(name);
    std::set<std::string> keys;
    for (const Choices& choices : samples(*space, kSamples)) keys.insert(space->key(choices));
    CHECK(keys.size() > kSamples / 2);
  }
}

TEST_CASE("space: equal keys have equal features, all of one length", "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    CAPTURE(name);
    std::map<std::string, std::vector<double>> features_of;
    const auto all = samples(*space, kSamples);
    const size_t length = space->features(all[0]).size();
    CHECK(length > 0);
    for (const Choices& choices : all) {
      const auto features = space->features(choices);
      REQUIRE(features.size() == length);
      for (const double value : features) REQUIRE(std::isfinite(value));
      const auto known = features_of.insert({space->key(choices), features});
      CHECK(known.first->second == features);
    }
  }
}

TEST_CASE("space: neighbours differ in one decision and what depends on it",
          "[conformance][space]") {
  for (const auto& [name, space] : spaces()) {
    for (const Choices& choices : samples(*space, 20)) {
      CAPTURE(name, choices);
      const auto neighbours = space->neighbours(choices);
      size_t expected = 0;
      for (size_t i = 0; i < choices.size(); ++i) {
        if (space->active(i, choices)) expected += space->decisions()[i].values.size() - 1;
      }
      CHECK(neighbours.size() == expected);
      CHECK(std::set<Choices>(neighbours.begin(), neighbours.end()).size() == expected);
      CHECK(neighbours == space->neighbours(choices));
      for (const Choices& neighbour : neighbours) {
        REQUIRE(space->valid(neighbour));
        size_t first = 0;
        while (first < choices.size() && neighbour[first] == choices[first]) ++first;
        REQUIRE(first < choices.size());
        CHECK(space->active(first, choices));
        for (size_t i = first + 1; i < choices.size(); ++i) {
          if (neighbour[i] != choices[i]) CHECK(space->decisions()[i].active_if.has_value());
        }
      }
    }
  }
}

}  // namespace
}  // namespace nas::search_space
