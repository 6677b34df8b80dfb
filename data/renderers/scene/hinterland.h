// What lies behind the shore: meadow, scrub, forest or lawn, perhaps with a road.
#pragma once

#include <cstdint>

#include "common/random.h"
#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/place.h"
#include "data/renderers/scene/setting.h"

namespace nas::data::scene {

struct Hinterland {
  float begin = 1000;  // metres inland of the waterline
  float edge = 2;      // metres that its edge wanders; 0 behind a wall
  Trees trees;
  Rgb ground;
  Rgb patches;
  float patch = 6;       // metres a patch
  float strokes = 0.3F;  // strength of the blades of grass, 0..1
  float road = -1;       // metres from `begin` to the middle of a road; < 0: no road
  float road_width = 3.5F;
  uint32_t seed = 0;

  bool covers(const Place& place) const;
  float height(const Place& place) const;  // metres above the ground; 0 outside
  float tallest() const { return trees.density > 0 ? 1.2F * trees.size : 0; }
  Surface surface(const Setting& setting, const Place& place) const;

 private:
  bool on_road(const Place& place, float margin) const;
};

// Any kind; alike for all natural shores.
Hinterland random_hinterland(const Setting& setting, common::RandomStream& random, float begin);

// Mown grass with a few trees.
Hinterland lawn(const Setting& setting, common::RandomStream& random, float begin);

}  // namespace nas::data::scene
