// Single things that stand on the ground or the water: houses, boats, docks, poles, logs.
#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"
#include "data/renderers/scene/place.h"
#include "data/renderers/scene/setting.h"

namespace nas::data::scene {

enum class PropShape { kBox, kHouse, kBoat, kPole };

struct Prop {
  PropShape shape = PropShape::kBox;
  float along = 0;  // the middle, in the shore's coordinates
  float across = 0;
  float half_length = 1;  // metres
  float half_width = 1;
  float turn = 0;    // radians from the direction along the shore to its length
  float height = 1;  // metres above the ground, or above the water
  Rgb side = {0.5F, 0.5F, 0.5F};
  Rgb top = {0.5F, 0.5F, 0.5F};
};

struct PropHit {
  int index = -1;    // -1: nothing stands here
  float height = 0;  // metres above the ground
  float u = 0;       // where in the prop, -1..1 along its length and its width
  float v = 0;
};

class Props {
 public:
  void add(const Prop& prop);
  PropHit at(const Place& place) const;  // the tallest there
  // What is seen `level` metres above the ground.
  Surface surface(const PropHit& hit, float level) const;
  float tallest() const { return tallest_; }  // metres

 private:
  std::vector<Prop> props_;
  float tallest_ = 0;
};

void add_house(Props& props, common::RandomStream& random, float along, float across);
void add_boat(Props& props, common::RandomStream& random, float along, float across);
// Planks on piles from the waterline out to `reach` metres, perhaps with a cross-piece.
void add_dock(Props& props, const Setting& setting, common::RandomStream& random, float along,
              float reach);
void add_poles(Props& props, common::RandomStream& random, int64_t count, float low_across,
               float high_across);
void add_logs(Props& props, common::RandomStream& random, int64_t count, float low_across,
              float high_across);

// What may turn up in any picture: a passing boat, a few poles.
void add_clutter(Props& props, common::RandomStream& random);

}  // namespace nas::data::scene
