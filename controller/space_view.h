// All that a strategy sees of a search space, so that each strategy works on each space.
#pragma once

#include "search_space/space.h"

namespace nas::controller {

using search_space::Choices;
using search_space::Decision;

class SpaceView {
 public:
  explicit SpaceView(const search_space::Space& space) : space_(space) {}

  const std::vector<Decision>& decisions() const { return space_.decisions(); }
  bool active(size_t decision, const Choices& choices) const {
    return space_.active(decision, choices);
  }
  std::string key(const Choices& choices) const { return space_.key(choices); }
  std::vector<double> features(const Choices& choices) const { return space_.features(choices); }
  std::vector<Choices> neighbours(const Choices& choices) const {
    return space_.neighbours(choices);
  }
  Choices sample(common::RandomStream& random) const { return space_.sample(random); }
  // What the space's mixture stands for with these weights: see Mixture::derive().
  Choices derived(const std::vector<double>& weights) const {
    return space_.choices(space_.mixture().value().derive(weights));
  }

 private:
  const search_space::Space& space_;
};

}  // namespace nas::controller
