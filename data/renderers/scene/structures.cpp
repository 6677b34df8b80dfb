// Man-made shores: loose rock and solid walls, each in the open and in shelter.
#include <cmath>

#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/shore_types.h"

namespace nas::data::scene {

namespace {

constexpr float kFaceBelow = 0.15F;  // metres below the top from which a point is on the face

void add_houses(Terrain& terrain, common::RandomStream& random, float front) {
  float along = between(random, -26, -12);
  while (along < 26) {
    add_house(terrain.props, random, along, front + between(random, 4, 9));
    along += between(random, 11, 22);
  }
}

// Where a point lies in a row of equal parts, 0..1 within its part.
float within(float value, float part) { return value / part - std::floor(value / part); }

Terrain riprap(Setting& setting, common::RandomStream& random, bool exposed) {
  setting.shore.bend *= 0.6F;
  setting.shore.wiggle = between(random, 0, 0.4F);
  const Stones stones{.size = between(random, 1.7F, 2.7F), .seed = random.next()};
  const float run = between(random, 6, 11);  // metres from the waterline to the crest
  const float top = between(random, 2, 3.8F);
  const uint32_t seed = random.next();
  Terrain terrain;
  terrain.height = [=](const Place& place) {
    const float slope = -0.8F + (top + 0.8F) * clamp01((place.across + 2) / (run + 2));
    if (place.across > run) return slope;
    return place.across < -3 ? slope - 0.5F : slope + 0.5F * stones.bump(place);
  };
  terrain.surface = [=, &setting](const Place& place) {
    if (place.across > run + 0.8F) return sand(setting, place, seed);
    Surface surface = stones.surface(setting, place);
    const float wet = ramp(0.9F, 0.2F, place.level);
    surface.colour = surface.colour * mix(1.0F, 0.6F, wet);
    surface.wet = 0.25F * wet;
    return surface;
  };
  terrain.tallest = top + 0.4F * stones.size;
  terrain.bed = setting.palette.stone;
  terrain.water = random_water(random, exposed);
  const float begin = run + between(random, 0.8F, 3);
  terrain.hinterland =
      exposed ? random_hinterland(setting, random, begin) : lawn(setting, random, begin);
  return terrain;
}

Terrain exposed_riprap(Setting& setting, common::RandomStream& random) {
  return riprap(setting, random, true);
}

Terrain sheltered_riprap(Setting& setting, common::RandomStream& random) {
  Terrain terrain = riprap(setting, random, false);
  if (random.chance(0.85)) add_houses(terrain, random, terrain.hinterland.begin);
  if (random.chance(0.25)) add_dock(terrain.props, setting, random, between(random, -10, 10), 8);
  return terrain;
}

// A concrete wall, upright or in steps, cast in panels, with a promenade on top.
Terrain exposed_wall(Setting& setting, common::RandomStream& random) {
  setting.shore.bend *= 0.3F;
  setting.shore.wiggle = 0;
  const float top = between(random, 3, 5.5F);
  const float panel = between(random, 3, 5);
  const float steps = random.chance(0.3) ? 4.0F : 1.0F;
  const float tread = between(random, 0.9F, 1.4F);
  const float edge = (steps - 1) * tread;
  const float parapet = random.chance(0.5) ? 0.9F : 0.0F;
  const uint32_t seed = random.next();
  const auto height = [=](const Place& place) {
    if (place.across < 0) return -2.0F;
    if (place.across >= edge && place.across < edge + 0.5F) return top + parapet;
    return top * std::min(steps, std::floor(place.across / tread) + 1) / steps;
  };
  Terrain terrain;
  terrain.height = height;
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const bool face = place.level < height(place) - kFaceBelow;
    const float course = face ? 1.6F : 2.5F;  // metres a row of panels or slabs
    const float row = face ? place.level : place.across;
    const uint32_t part = hash(floor_of(place.along / panel), floor_of(row / course), seed);
    const bool joint = within(place.along, panel) < 0.09F || within(row, course) < 0.07F;
    const float stain = face ? value_noise(place.along / 0.8F, place.level / 6, seed + 1) : 0.5F;
    const float shade = (joint ? 0.55F : 0.85F + 0.25F * fraction(part, 0)) * (0.8F + 0.4F * stain);
    const Rgb concrete = palette.concrete * shade;
    const float weed = face ? ramp(1.5F, 0.6F, place.level + 0.8F * (stain - 0.5F)) : 0.0F;
    return Surface{.colour = mix(concrete, palette.undergrowth * 0.5F, 0.8F * weed),
                   .wet = 0.2F * weed};
  };
  terrain.tallest = top + parapet;
  terrain.bed = setting.palette.sediment;
  terrain.water = random_water(random, true);
  terrain.hinterland = random_hinterland(setting, random, edge + between(random, 4, 14));
  terrain.hinterland.edge = 0;
  if (random.chance(0.45)) {
    Prop pier{.along = between(random, -12, 12), .half_length = between(random, 6, 11)};
    pier.across = 0.5F - pier.half_length;
    pier.half_width = between(random, 1.2F, 2);
    pier.turn = kTurn / 4;
    pier.height = top * between(random, 0.5F, 0.9F);
    pier.side = setting.palette.concrete * 0.7F;
    pier.top = setting.palette.concrete * 1.1F;
    terrain.props.add(pier);
  }
  if (random.chance(0.5)) {
    add_poles(terrain.props, random, 3 + random.integer(4), edge + 1, edge + 1.6F);
  }
  return terrain;
}

// A low bulkhead of planks between piles, with docks and moored boats.
Terrain sheltered_bulkhead(Setting& setting, common::RandomStream& random) {
  setting.shore.bend *= 0.3F;
  setting.shore.wiggle = 0;
  const float top = between(random, 1.2F, 2.4F);
  const float pile = between(random, 1.5F, 2.4F);  // metres from pile to pile
  const float paved = random.chance(0.5) ? between(random, 3, 9) : 0.8F;
  const uint32_t seed = random.next();
  Terrain terrain;
  terrain.height = [=](const Place& place) { return place.across < 0 ? -1.5F : top; };
  terrain.surface = [=, &setting](const Place& place) {
    const Rgb concrete = setting.palette.concrete;
    if (place.level > top - kFaceBelow) {
      if (place.across < 0.8F) return Surface{.colour = concrete * 1.2F};  // the cap
      const uint32_t slab = hash(floor_of(place.along / 2), floor_of(place.across / 2), seed);
      return Surface{.colour = concrete * (0.8F + 0.15F * fraction(slab, 0))};
    }
    const uint32_t plank = hash(floor_of(place.along / 0.5F), 0, seed);
    const float shade = within(place.along, pile) < 0.3F ? 0.4F : 0.7F + 0.25F * fraction(plank, 0);
    return Surface{.colour = concrete * shade};
  };
  terrain.tallest = top;
  terrain.bed = setting.palette.mud;
  terrain.water = random_water(random, false);
  terrain.hinterland = lawn(setting, random, paved);
  terrain.hinterland.edge = 0;
  if (random.chance(0.7)) add_houses(terrain, random, paved);
  float along = between(random, -24, -14);
  while (along < 24) {
    const float reach = between(random, 6, 13);
    add_dock(terrain.props, setting, random, along, reach);
    if (random.chance(0.75)) {
      const float beside = along + between(random, 3, 5);
      add_boat(terrain.props, random, beside, -between(random, 0.4F, 1) * reach);
    }
    along += between(random, 9, 17);
  }
  return terrain;
}

}  // namespace

std::vector<ShoreType> structures() {
  return {{.name = "exposed_riprap_structures", .compose = exposed_riprap},
          {.name = "sheltered_riprap_structures", .compose = sheltered_riprap},
          {.name = "exposed_walls_other_structures", .compose = exposed_wall},
          {.name = "sheltered_solid_manmade", .compose = sheltered_bulkhead}};
}

}  // namespace nas::data::scene
