// The water's surface: swell, breakers and foam on an exposed shore, a mirror on a sheltered one.
#pragma once

#include <cstdint>

#include "common/random.h"
#include "data/renderers/scene/place.h"
#include "data/renderers/scene/setting.h"

namespace nas::data::scene {

struct Water {
  bool exposed = false;
  float swell = 6;       // metres from crest to crest
  float surf = 14;       // metres from the waterline to the first breaker
  float clarity = 0.8F;  // metres of depth through which the bottom fades
  uint32_t seed = 0;
};

Water random_water(common::RandomStream& random, bool exposed);

// How the water looks where it is `depth` > 0 metres deep over a bottom of colour `bed`.
// grazing: 0 seen from straight above .. 1 along the surface.
Rgb water_colour(const Water& water, const Setting& setting, const Place& place, float depth,
                 Rgb bed, float grazing);

}  // namespace nas::data::scene
