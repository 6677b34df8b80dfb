// One coast, ready to be photographed: what a shore type composes.
#pragma once

#include <functional>

#include "data/renderers/scene/hinterland.h"
#include "data/renderers/scene/place.h"
#include "data/renderers/scene/props.h"
#include "data/renderers/scene/water.h"

namespace nas::data::scene {

struct Terrain {
  // Metres above the water; below 0 there is water, at the waterline and in creeks and ponds.
  // Must not use Place::level and Place::footprint.
  std::function<float(const Place&)> height;
  std::function<Surface(const Place&)> surface;  // where height > 0, up to the hinterland
  float tallest = 1;  // metres; an upper bound of height within the picture
  Rgb bed;            // colour of the bottom
  Water water;
  Hinterland hinterland;  // stands on `height`, replaces `surface`
  Props props;
};

}  // namespace nas::data::scene
