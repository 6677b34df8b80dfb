// A point of the scene, and what is seen of it.
#pragma once

#include "data/renderers/scene/canvas.h"

namespace nas::data::scene {

struct Place {
  float x = 0;          // metres right of the camera
  float z = 0;          // metres ahead of it, > 0
  float along = 0;      // metres along the waterline
  float across = 0;     // metres inland of the waterline; water where < 0
  float level = 0;      // metres above the water of the point that is seen
  float footprint = 0;  // metres that one pixel covers there
};

struct Surface {
  Rgb colour;
  float wet = 0;  // 0 dull .. 1 mirrors the sky
};

}  // namespace nas::data::scene
