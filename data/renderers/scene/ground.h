// Textures of the ground and what grows or lies on it. They are what tells the shore types apart,
// so each stays recognisable at a pixel or two: patterns coarsen or fade with Place::footprint.
#pragma once

#include <cstdint>

#include "data/renderers/scene/place.h"
#include "data/renderers/scene/setting.h"

namespace nas::data::scene {

// How much a pixel of `footprint` metres still shows of a pattern `size` metres wide, 0..1.
inline float visible(float size, float footprint) {
  return clamp01(1.4F * size / footprint - 0.6F);
}

// Smooth, fine-grained.
Surface sand(const Setting& setting, const Place& place, uint32_t seed);

// Single pebbles and bright shells of about `pebble` metres near by, clumps of them further off.
Surface gravel(const Setting& setting, const Place& place, float pebble, uint32_t seed);

// Upright blades, narrow strokes in the picture. In [-0.5, 0.5].
float blades(const Place& place, uint32_t seed);

// 0 on the middle of winding channels about `spacing` metres apart, up to 1 between them.
float creek_distance(const Place& place, float spacing, uint32_t seed);

// A cover of boulders.
struct Stones {
  float size = 2;  // metres
  uint32_t seed = 0;

  float bump(const Place& place) const;  // metres to add to the height
  Surface surface(const Setting& setting, const Place& place) const;
};

// Tree crowns or bushes, as domes.
struct Trees {
  float size = 4;     // metres from crown to crown, and about the height
  float density = 0;  // share of the places taken, 0..1
  uint32_t seed = 0;

  float height(const Place& place) const;  // metres above the ground; 0 between crowns
  Surface surface(const Setting& setting, const Place& place) const;
};

}  // namespace nas::data::scene
