// Tidal flats: wide and wet; rippled sand under surf, or mud with creeks and algae.
#include <cmath>

#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/shore_types.h"

namespace nas::data::scene {

namespace {

Terrain exposed_flat(Setting& setting, common::RandomStream& random) {
  const float ripple = between(random, 1.5F, 2.5F);  // metres from crest to crest
  const float runnel = between(random, 7, 13);
  const float slant = between(random, -0.6F, 0.6F);  // of the ripples against the waterline
  const uint32_t seed = random.next();
  Terrain terrain;
  terrain.height = [](const Place& place) {
    return place.across < 0 ? 0.05F * place.across : 0.01F * place.across;
  };
  terrain.surface = [=, &setting](const Place& place) {
    const float warp = 1.3F * (fbm(place.x / 6, place.z / 6, 2, seed) - 0.5F);
    const float turned = place.across + slant * place.along;
    const float crest =
        std::sin(kTurn * (turned / ripple + warp)) * visible(0.8F * ripple, place.footprint);
    const float swing = 1.5F * (fbm(place.along / 24, place.across / 12, 2, seed + 3) - 0.5F);
    const float pool = ramp(0.2F, 0.7F, std::sin(kTurn * (place.across / runnel + swing)));
    const float shade = 0.85F + 0.24F * crest * (1 - 0.6F * pool);
    return Surface{.colour = setting.palette.sediment * shade,
                   .wet = clamp01(0.25F + 0.6F * pool - 0.25F * crest)};
  };
  terrain.tallest = 1;
  terrain.bed = setting.palette.sediment;
  terrain.water = random_water(random, true);
  terrain.water.surf *= 1.5F;
  terrain.hinterland = random_hinterland(setting, random, between(random, 45, 110));
  return terrain;
}

Terrain sheltered_flat(Setting& setting, common::RandomStream& random) {
  setting.shore.wiggle = between(random, 0.8F, 2.5F);
  const float spacing = between(random, 12, 20);
  const float width = between(random, 0.09F, 0.15F);  // of a creek, in creek_distance
  const float algae_size = between(random, 3, 6);
  const float algae_from = between(random, 0.52F, 0.6F);
  const uint32_t seed = random.next();
  const auto creek = [=](const Place& place) {  // < 1 in a creek
    const float trunk = creek_distance(place, spacing, seed) / width;
    const float branch = creek_distance(place, 0.4F * spacing, seed + 20) / (0.4F * width);
    return std::min(trunk, branch);
  };
  Terrain terrain;
  terrain.height = [=](const Place& place) {
    if (place.across < 0) return 0.06F * place.across;
    return 0.12F + 0.004F * place.across - 0.5F * ramp(1.2F, 0.3F, creek(place));
  };
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const float mottle = fbm(place.x / 4, place.z / 4, 2, seed + 40) - 0.5F;
    const float algae = fbm(place.x / algae_size, place.z / algae_size, 2, seed + 50);
    const float green = 0.8F * ramp(algae_from, algae_from + 0.05F, algae);
    const Rgb mud = palette.mud * (1 + 0.25F * mottle);
    const float bank = ramp(2, 1.1F, creek(place));
    return Surface{.colour = mix(mud, palette.vegetation * 0.9F, green) * (1 - 0.25F * bank),
                   .wet = (0.3F + 0.4F * bank) * (1 - green)};
  };
  terrain.tallest = 0.6F;
  terrain.bed = setting.palette.mud;
  terrain.water = random_water(random, false);
  terrain.hinterland = random_hinterland(setting, random, between(random, 35, 90));
  if (random.chance(0.25)) add_logs(terrain.props, random, 1 + random.integer(3), 2, 25);
  return terrain;
}

}  // namespace

std::vector<ShoreType> flats() {
  return {{.name = "exposed_tidal_flats", .compose = exposed_flat},
          {.name = "sheltered_tidal_flats", .compose = sheltered_flat}};
}

}  // namespace nas::data::scene
