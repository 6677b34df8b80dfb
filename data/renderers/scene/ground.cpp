#include "data/renderers/scene/ground.h"

#include <cmath>

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

constexpr Rgb kShell = {0.93F, 0.91F, 0.86F};

// `size` doubled until a pixel can show it.
float coarsened(float size, float footprint) {
  const float wanted = std::max(size, 1.1F * footprint);
  return size * std::exp2(std::ceil(std::log2(wanted / size)));
}

}  // namespace

Surface sand(const Setting& setting, const Place& place, uint32_t seed) {
  const float swells = fbm(place.x / 7, place.z / 7, 2, seed) - 0.5F;
  const float grain = value_noise(place.x / 0.3F, place.z / 0.3F, seed + 7) - 0.5F;
  const float shade = 1 + 0.12F * swells + 0.06F * grain * visible(0.3F, place.footprint);
  return {.colour = setting.palette.sediment * shade};
}

Surface gravel(const Setting& setting, const Place& place, float pebble, uint32_t seed) {
  const float size = coarsened(pebble, place.footprint);
  const Cell cell = worley(place.x / size, place.z / size, seed);
  const Palette& palette = setting.palette;
  Rgb colour = mix(palette.sediment, palette.stone, fraction(cell.id, 0));
  if (fraction(cell.id, 8) > 0.88F) colour = kShell;
  const float shade = 0.5F + 1.0F * fraction(cell.id, 16);
  const float gap = mix(0.65F, 1.0F, ramp(0, 0.2F, cell.second - cell.nearest));
  return {.colour = colour * (shade * gap)};
}

float blades(const Place& place, uint32_t seed) {
  const float column = 21 * place.x / place.z;
  const float row = 6 * std::log(place.z) - 0.7F * place.level;
  return value_noise(column, row, seed) - 0.5F;
}

float creek_distance(const Place& place, float spacing, uint32_t seed) {
  const float x = place.x / spacing;
  const float z = place.z / spacing;
  const float bend = 0.35F * (value_noise(2.3F * x, 2.3F * z, seed + 11) - 0.5F);
  return 2 * std::abs(fbm(x + bend, z - bend, 2, seed) - 0.5F);
}

float Stones::bump(const Place& place) const {
  const Cell cell = worley(place.x / size, place.z / size, seed);
  const float tall = 0.3F + 0.5F * fraction(cell.id, 0);
  const float dome = std::max(0.0F, 1 - 1.7F * cell.nearest * cell.nearest);
  return size * tall * std::min(1.0F, 1.6F * dome);  // flattened on top
}

Surface Stones::surface(const Setting& setting, const Place& place) const {
  const Cell cell = worley(place.x / size, place.z / size, seed);
  const float shade = 0.6F + 0.75F * fraction(cell.id, 8);
  const float gap = mix(0.3F, 1.0F, ramp(0.02F, 0.22F, cell.second - cell.nearest));
  const float rough = value_noise(place.x / 0.4F, place.z / 0.4F, seed + 5) - 0.5F;
  return {.colour = setting.palette.stone * (shade * gap * (1 + 0.15F * rough))};
}

float Trees::height(const Place& place) const {
  if (density <= 0) return 0;
  const Cell cell = worley(place.x / size, place.z / size, seed);
  if (fraction(cell.id, 0) >= density) return 0;
  const float radius = 0.42F + 0.2F * fraction(cell.id, 8);
  if (cell.nearest >= radius) return 0;
  const float t = cell.nearest / radius;
  return size * (0.65F + 0.5F * fraction(cell.id, 16)) * std::sqrt(1 - t * t);
}

Surface Trees::surface(const Setting& setting, const Place& place) const {
  const Cell cell = worley(place.x / size, place.z / size, seed);
  const Palette& palette = setting.palette;
  const Rgb colour = mix(palette.vegetation, palette.undergrowth, fraction(cell.id, 24));
  const float leaves = value_noise(place.x / 0.7F, (place.z + place.level) / 0.7F, seed + 3) - 0.5F;
  const float rim = mix(1.0F, 0.55F, ramp(0.25F, 0.6F, cell.nearest));
  return {.colour = colour * (rim * (0.9F + 0.35F * fraction(cell.id, 8) + 0.5F * leaves))};
}

}  // namespace nas::data::scene
