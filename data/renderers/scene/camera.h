// The aircraft's camera: x to the right, z ahead, heights above the water, all in metres. Picture
// coordinates go from -1 (left, top) to 1 (right, bottom). The picture plane stands upright and
// the horizon's row does the tilting, so a picture column is a vertical plane through the scene.
#pragma once

#include "common/random.h"

namespace nas::data::scene {

struct Camera {
  float height = 15;   // metres above the water
  float focal = 1.5F;  // focal length in half picture widths
  float horizon = -1;  // row of the horizon at x = 0; above the picture when < -1
  float roll = 0;      // tangent of the roll angle

  // Metres that the ray through (x, y) falls for each metre ahead; <= 0 above the horizon.
  float fall(float x, float y) const { return (y - horizon - roll * x) / focal; }

  // Metres to the right of the axis that column x shows at depth z.
  float offset(float x, float z) const { return x * z / focal; }

  // Depth at which the ray through (x, y) meets the water; fall(x, y) must be > 0.
  float depth(float x, float y) const { return height / fall(x, y); }
};

Camera random_camera(common::RandomStream& random);

}  // namespace nas::data::scene
