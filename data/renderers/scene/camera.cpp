#include "data/renderers/scene/camera.h"

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

Camera random_camera(common::RandomStream& random) {
  Camera camera;
  camera.height = between(random, 11, 19);
  camera.focal = between(random, 1.2F, 1.9F);
  camera.horizon = between(random, -1.5F, -0.7F);
  camera.roll = between(random, -0.1F, 0.1F);
  return camera;
}

}  // namespace nas::data::scene
