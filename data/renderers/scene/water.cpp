#include "data/renderers/scene/water.h"

#include <cmath>

#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

// How much of the sun's glitter path a place lies in, 0..1.
float glitter(const Setting& setting, const Place& place, float grazing) {
  const float ahead = (place.x * setting.sun.x + place.z * setting.sun.z) /
                      std::sqrt(place.x * place.x + place.z * place.z);
  return ahead <= 0 ? 0 : std::pow(ahead, 10.0F) * grazing;
}

Rgb calm_water(const Water& water, const Setting& setting, const Place& place, Rgb colour,
               float grazing) {
  const float offshore = std::max(0.0F, -place.across);
  const float breeze = fbm(place.along / 16, place.across / 6, 2, water.seed);
  const float mirror = (0.15F + 0.5F * grazing) * (0.6F + 0.7F * breeze);
  // The land stands on its head in still water: a dark, streaked band along the shore.
  const float streak = value_noise(14 * place.x / place.z, 0.5F, water.seed + 1);
  const float reflection = 0.4F * ramp(8, 0, offshore) * (0.4F + streak);
  const float sparkle = 0.25F * glitter(setting, place, grazing);
  return mix(mix(colour, setting.palette.sky, clamp01(mirror)) * (1 - reflection),
             setting.palette.foam, sparkle);
}

Rgb rough_water(const Water& water, const Setting& setting, const Place& place, Rgb colour,
                float depth, float grazing) {
  const float offshore = std::max(0.0F, -place.across);
  const float warp = fbm(place.along / 22, offshore / 14, 2, water.seed) - 0.5F;
  const float phase = offshore / water.swell + 1.5F * warp;
  const float rise = 0.5F + 0.5F * std::sin(kTurn * phase);
  const float crest = rise * rise * rise;
  const float chop = fbm(place.x / 1.2F, place.z / 0.9F, 2, water.seed + 2) - 0.5F;
  const float mirror = (0.1F + 0.4F * grazing) * (1.1F - 0.8F * crest);
  const float shade = 0.8F + 0.45F * crest * visible(0.4F * water.swell, place.footprint) +
                      0.5F * chop * visible(1, place.footprint);
  const Rgb lit = mix(colour, setting.palette.sky, clamp01(mirror)) * shade;

  const float lace = fbm(place.x / 0.9F, place.z / 0.8F, 2, water.seed + 4);
  const float broken = value_noise(place.along / 10, std::floor(phase) + 0.5F, water.seed + 6);
  const float zone = ramp(1.2F * water.surf, 0.5F * water.surf, offshore);
  const float breakers = ramp(0.3F, 0.5F, zone * crest * (0.35F + broken) + 0.35F * (lace - 0.5F));
  const float edge = std::max(ramp(0.3F, 0.05F, depth), ramp(2.2F, 0.4F, offshore));
  const float swash = edge * ramp(0.3F, 0.5F, lace);
  const float glint = glitter(setting, place, grazing) * ramp(0.1F, 0.25F, chop);
  return mix(lit, setting.palette.foam, clamp01(std::max({breakers, swash, glint})));
}

}  // namespace

Water random_water(common::RandomStream& random, bool exposed) {
  Water water;
  water.exposed = exposed;
  water.swell = between(random, 4.5F, 8);
  water.surf = water.swell * between(random, 1.6F, 3.2F);
  water.clarity = between(random, 0.3F, 1.2F);
  water.seed = random.next();
  return water;
}

Rgb water_colour(const Water& water, const Setting& setting, const Place& place, float depth,
                 Rgb bed, float grazing) {
  const float through = 0.6F * std::exp(-depth / water.clarity);
  const Rgb colour = mix(setting.palette.water, bed * 0.75F, through);
  return water.exposed ? rough_water(water, setting, place, colour, depth, grazing)
                       : calm_water(water, setting, place, colour, grazing);
}

}  // namespace nas::data::scene
