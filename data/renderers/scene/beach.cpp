// Beaches: alike but for what they consist of.
#include <cmath>

#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/shore_types.h"

namespace nas::data::scene {

namespace {

using Ground = std::function<Surface(const Place&)>;

Terrain beach(Setting& setting, common::RandomStream& random, float slope, const Ground& ground) {
  setting.shore.wiggle = between(random, 0.2F, 1.2F);
  const float width = between(random, 16, 36);
  const float wet_width = between(random, 1.5F, 6);
  const float wrack = random.chance(0.4) ? between(random, wet_width, 0.7F * width) : -10.0F;
  const uint32_t seed = random.next();
  Terrain terrain;
  terrain.height = [=](const Place& place) {
    return place.across < 0 ? 0.09F * place.across : slope * std::min(place.across, width);
  };
  terrain.surface = [=](const Place& place) {
    Surface surface = ground(place);
    const float wander = 3 * (value_noise(place.along / 5, 0.5F, seed) - 0.5F);
    float wet = ramp(wet_width, 0.4F * wet_width, place.across + wander);
    const float debris = value_noise(place.x / 0.5F, place.z / 0.5F, seed + 1);
    if (std::abs(place.across + wander - wrack) < 0.35F && debris > 0.4F) wet += 0.8F;
    surface.colour = surface.colour * mix(1.0F, 0.68F, wet);
    surface.wet = 0.5F * clamp01(wet);
    return surface;
  };
  terrain.tallest = slope * width;
  terrain.bed = setting.palette.sediment;
  terrain.water = random_water(random, random.chance(0.65));
  terrain.hinterland = random_hinterland(setting, random, width);
  if (random.chance(0.35)) {
    add_logs(terrain.props, random, 1 + random.integer(5), 0.4F * width, width);
  }
  return terrain;
}

Terrain finegrained_sand(Setting& setting, common::RandomStream& random) {
  const uint32_t seed = random.next();
  const float slope = between(random, 0.03F, 0.08F);
  return beach(setting, random, slope,
               [=, &setting](const Place& place) { return sand(setting, place, seed); });
}

Terrain gravel_shell(Setting& setting, common::RandomStream& random) {
  const uint32_t seed = random.next();
  const float slope = between(random, 0.05F, 0.13F);
  const float pebble = between(random, 0.6F, 0.95F);
  return beach(setting, random, slope,
               [=, &setting](const Place& place) { return gravel(setting, place, pebble, seed); });
}

// Ribbons of gravel on sand, along the shore.
Terrain mixed_sand_gravel(Setting& setting, common::RandomStream& random) {
  const uint32_t seed = random.next();
  const float slope = between(random, 0.04F, 0.1F);
  const float pebble = between(random, 0.6F, 0.9F);
  const float band = between(random, 5, 8);  // metres from ribbon to ribbon
  const float share = between(random, -0.2F, 0.2F);
  return beach(setting, random, slope, [=, &setting](const Place& place) {
    const float warp = 0.9F * (fbm(place.along / 13, place.across / 8, 2, seed + 1) - 0.5F);
    const float wave = std::sin(kTurn * (place.across / band + warp));
    const float stony = ramp(share - 0.15F, share + 0.15F, wave);
    if (stony <= 0) return sand(setting, place, seed);
    const Surface stones = gravel(setting, place, pebble, seed);
    const Rgb colour = mix(sand(setting, place, seed).colour, stones.colour, stony);
    return Surface{.colour = colour};
  });
}

}  // namespace

std::vector<ShoreType> beaches() {
  return {{.name = "finegrained_sand_beaches", .compose = finegrained_sand},
          {.name = "gravel_shell_beaches", .compose = gravel_shell},
          {.name = "mixed_sand_gravel_shell_beaches", .compose = mixed_sand_gravel}};
}

}  // namespace nas::data::scene
