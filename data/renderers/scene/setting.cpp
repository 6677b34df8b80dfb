#include "data/renderers/scene/setting.h"

#include <cmath>

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

constexpr float kCameraOffshore = 4;  // metres

Palette random_palette(common::RandomStream& random) {
  Palette palette;
  palette.sediment = random_colour(random, {{0.76F, 0.66F, 0.50F},
                                            {0.80F, 0.76F, 0.68F},
                                            {0.55F, 0.54F, 0.52F},
                                            {0.52F, 0.42F, 0.32F},
                                            {0.64F, 0.48F, 0.37F}});
  palette.mud = random_colour(
      random,
      {{0.38F, 0.33F, 0.28F}, {0.48F, 0.46F, 0.43F}, {0.56F, 0.47F, 0.36F}, {0.60F, 0.58F, 0.53F}});
  palette.stone = random_colour(random, {{0.52F, 0.52F, 0.52F},
                                         {0.68F, 0.66F, 0.62F},
                                         {0.48F, 0.41F, 0.35F},
                                         {0.35F, 0.36F, 0.38F},
                                         {0.62F, 0.54F, 0.42F}});
  palette.concrete = random_colour(
      random,
      {{0.62F, 0.61F, 0.58F}, {0.74F, 0.72F, 0.67F}, {0.47F, 0.46F, 0.45F}, {0.54F, 0.45F, 0.36F}});
  const std::vector<Rgb> plants = {{0.30F, 0.43F, 0.19F},
                                   {0.19F, 0.29F, 0.15F},
                                   {0.48F, 0.50F, 0.25F},
                                   {0.45F, 0.37F, 0.24F},
                                   {0.62F, 0.55F, 0.36F}};
  palette.vegetation = random_colour(random, plants);
  palette.undergrowth = random_colour(random, plants) * 0.85F;
  palette.water = random_colour(random, {{0.20F, 0.34F, 0.46F},
                                         {0.22F, 0.38F, 0.35F},
                                         {0.36F, 0.32F, 0.24F},
                                         {0.40F, 0.45F, 0.48F},
                                         {0.14F, 0.20F, 0.22F}});
  palette.foam = Rgb{0.93F, 0.94F, 0.94F} * between(random, 0.9F, 1.05F);
  palette.sky =
      random_colour(random, {{0.55F, 0.68F, 0.85F}, {0.75F, 0.80F, 0.84F}, {0.62F, 0.66F, 0.70F}});
  palette.haze =
      random_colour(random, {{0.78F, 0.82F, 0.86F}, {0.86F, 0.84F, 0.80F}, {0.68F, 0.74F, 0.80F}});
  return palette;
}

Shore random_shore(common::RandomStream& random, const Camera& camera) {
  Shore shore;
  shore.seed = random.next();
  shore.bend_length = between(random, 50, 140);
  float offshore = 0;  // of the camera
  do {
    const float angle = between(random, -1.36F, 1.36F);  // from straight ahead
    shore.inland_x = std::sin(angle);
    shore.inland_z = std::cos(angle);
    const float x = between(random, -0.4F, 0.4F);
    const float y = between(random, 0, 0.6F);
    shore.origin_z = camera.depth(x, y);
    shore.origin_x = camera.offset(x, shore.origin_z);
    shore.bend = between(random, 0, 4);
    shore.bend_phase = between(random, 0, 1);
    const float straight = shore.origin_x * shore.inland_x + shore.origin_z * shore.inland_z;
    offshore = std::min(straight, -shore.place(0, 0).across);
  } while (offshore < kCameraOffshore);
  shore.wiggle = between(random, 0, 1);
  return shore;
}

}  // namespace

Place Shore::place(float x, float z) const {
  const float dx = x - origin_x;
  const float dz = z - origin_z;
  Place place;
  place.x = x;
  place.z = z;
  place.along = dx * inland_z - dz * inland_x;
  place.across = dx * inland_x + dz * inland_z;
  if (bend > 0) {
    const float swing = std::sin(kTurn * (place.along / bend_length + bend_phase));
    place.across += bend * (swing - std::sin(kTurn * bend_phase));
  }
  if (wiggle > 0) {
    place.across += wiggle * (2 * value_noise(place.along / 5, 0.5F, seed) - 1);
  }
  return place;
}

Setting random_setting(common::RandomStream& random) {
  Setting setting;
  setting.camera = random_camera(random);
  setting.palette = random_palette(random);
  setting.shore = random_shore(random, setting.camera);
  const float azimuth = between(random, 0, kTurn);
  setting.sun.x = std::sin(azimuth);
  setting.sun.z = std::cos(azimuth);
  setting.sun.rise = std::tan(between(random, 0.5F, 1.1F));
  setting.visibility = setting.camera.height * between(random, 8, 40);
  setting.clouds = random.chance(0.4) ? between(random, 0.15F, 0.45F) : 0.0F;
  setting.seed = random.next();
  return setting;
}

}  // namespace nas::data::scene
