// Takes the picture: perspective, hidden surfaces, sun and shadows, reflections, haze.
#pragma once

#include <cstdint>

#include "data/renderers/scene/canvas.h"
#include "data/renderers/scene/setting.h"
#include "data/renderers/scene/terrain.h"

namespace nas::data::scene {

// A canvas kSupersampling times `size` wide.
Canvas photograph(const Setting& setting, const Terrain& terrain, int64_t size);

}  // namespace nas::data::scene
