#include "data/renderers/scene/hinterland.h"

#include <cmath>

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

struct Cover {
  float density;
  float size;  // metres a tree or bush
};
constexpr Cover kCovers[] = {{0, 3}, {0.15F, 3.5F}, {0.55F, 2}, {0.92F, 4.5F}};

}  // namespace

bool Hinterland::on_road(const Place& place, float margin) const {
  return road >= 0 && std::abs(place.across - begin - road) < 0.5F * road_width + margin;
}

bool Hinterland::covers(const Place& place) const {
  if (place.across < begin - edge) return false;
  if (edge <= 0) return true;
  const float wander = 2 * value_noise(place.along / 4, 3.5F, seed) - 1;
  return place.across > begin + edge * wander;
}

float Hinterland::height(const Place& place) const {
  if (trees.density <= 0 || !covers(place) || on_road(place, 1)) return 0;
  return trees.height(place);
}

Surface Hinterland::surface(const Setting& setting, const Place& place) const {
  if (on_road(place, 0)) {
    const bool dash = std::abs(place.across - begin - road) < 0.2F &&
                      value_noise(place.along / 2, 0.5F, seed) > 0.5F;
    return {.colour = dash ? Rgb{0.85F, 0.85F, 0.8F} : setting.palette.concrete * 0.75F};
  }
  if (!on_road(place, 1) && trees.height(place) > 0.25F) return trees.surface(setting, place);
  const float tone = fbm(place.x / patch, place.z / patch, 2, seed + 1);
  const Rgb colour = mix(ground, patches, ramp(0.4F, 0.6F, tone));
  return {.colour = colour * (1 + strokes * blades(place, seed + 3))};
}

Hinterland random_hinterland(const Setting& setting, common::RandomStream& random, float begin) {
  const Palette& palette = setting.palette;
  const Cover cover = kCovers[random.integer(4)];
  Hinterland hinterland;
  hinterland.begin = begin;
  hinterland.edge = between(random, 0.5F, 2.5F);
  hinterland.trees.size = cover.size * between(random, 0.85F, 1.25F);
  hinterland.trees.density = cover.density;
  hinterland.trees.seed = random.next();
  hinterland.ground = palette.vegetation * between(random, 0.9F, 1.2F);
  hinterland.patches = random.chance(0.5) ? palette.undergrowth : palette.sediment;
  hinterland.patch = between(random, 4, 10);
  hinterland.strokes = between(random, 0.2F, 0.5F);
  hinterland.seed = random.next();
  if (random.chance(0.25)) hinterland.road = between(random, 3, 10);
  return hinterland;
}

Hinterland lawn(const Setting& setting, common::RandomStream& random, float begin) {
  Hinterland hinterland = random_hinterland(setting, random, begin);
  hinterland.edge = 0.3F;
  hinterland.trees.size = between(random, 3.5F, 5.5F);
  hinterland.trees.density = between(random, 0.05F, 0.2F);
  hinterland.patches = hinterland.ground * between(random, 0.85F, 1.1F);
  hinterland.strokes = 0.1F;
  return hinterland;
}

}  // namespace nas::data::scene
