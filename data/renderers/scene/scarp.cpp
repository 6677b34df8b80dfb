// Scarps: a steep face behind a narrow beach, of clay, of sand, or low and overgrown.
#include <cmath>

#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/shore_types.h"

namespace nas::data::scene {

namespace {

struct Face {
  float toe = 4;  // metres of beach in front of its foot
  float top = 8;  // metres
  float run = 2;  // metres from the foot to the edge, seen from above

  // `behind` metres inland of the foot.
  float height(float behind) const { return 0.07F * toe + top * clamp01(behind / run); }
};

float beach_height(const Place& place) {
  return place.across < 0 ? 0.12F * place.across : 0.07F * place.across;
}

Terrain behind_beach(const Setting& setting, common::RandomStream& random, const Face& face,
                     bool exposed) {
  Terrain terrain;
  terrain.tallest = 0.07F * face.toe + face.top + 0.5F;
  terrain.bed = mix(setting.palette.sediment, setting.palette.mud, 0.5F);
  terrain.water = random_water(random, exposed);
  terrain.hinterland = random_hinterland(setting, random, face.toe + face.run + 2);
  terrain.hinterland.edge = 0.5F;
  if (random.chance(0.4)) {
    add_logs(terrain.props, random, 1 + random.integer(4), 0.5F, face.toe);
  }
  return terrain;
}

// Cohesive: beds on top of each other, cracked into blocks; lumps lie at the foot.
Terrain clay_scarp(Setting& setting, common::RandomStream& random) {
  Face face;
  face.toe = between(random, 3, 7);
  face.top = setting.camera.height * between(random, 0.35F, 0.7F);
  face.run = face.top * between(random, 0.18F, 0.35F);
  const Stones lumps{.size = between(random, 1.8F, 2.8F), .seed = random.next()};
  const float bed = between(random, 0.9F, 1.7F);    // metres thick
  const float block = between(random, 1.6F, 2.4F);  // metres wide
  const uint32_t seed = random.next();
  const auto behind = [=](const Place& place) {  // metres inland of the foot
    const float bays = 2.4F * (value_noise(place.along / 5, 0.5F, seed) - 0.5F);
    const float cuts = 1.2F * (value_noise(place.along / 1.5F, 0.5F, seed + 1) - 0.5F);
    return place.across - face.toe - bays - cuts;
  };
  const auto slumped = [=](const Place& place, float distance) {  // 0..1
    const float here = ramp(0.4F, 0.55F, fbm(place.along / 6, 0.5F, 2, seed + 2));
    return here * ramp(-4, -2, distance) * ramp(1.5F, 0.3F, distance);
  };
  Terrain terrain = behind_beach(setting, random, face, random.chance(0.75));
  terrain.height = [=](const Place& place) {
    const float distance = behind(place);
    const float ground = distance > 0 ? face.height(distance) : beach_height(place);
    const float share = slumped(place, distance);
    return share > 0 && place.across > 0.3F ? ground + 0.6F * share * lumps.bump(place) : ground;
  };
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const float distance = behind(place);
    if (distance > face.run) {
      return Surface{.colour = palette.vegetation * (1 + 0.4F * blades(place, seed + 3))};
    }
    if (distance < 0.2F) {
      if (slumped(place, distance) < 0.2F) return sand(setting, place, seed + 4);
      const Cell lump = worley(place.x / lumps.size, place.z / lumps.size, lumps.seed);
      return Surface{.colour = palette.mud * (0.7F + 0.5F * fraction(lump.id, 8))};
    }
    const float dip = 0.7F * value_noise(place.along / 11, 0.5F, seed + 5);
    const float strata = value_noise(place.along / 40, place.level / bed + dip, seed + 6);
    const Rgb clay = mix(palette.mud * 0.7F, mix(palette.mud, palette.sediment, 0.6F) * 1.15F,
                         ramp(0.35F, 0.65F, strata));
    const Cell chunk = worley(place.along / block, 1.5F * place.level / block, seed + 7);
    const float crack = mix(0.5F, 1.0F, ramp(0.02F, 0.15F, chunk.second - chunk.nearest));
    return Surface{.colour = clay * (crack * (0.85F + 0.3F * fraction(chunk.id, 0)))};
  };
  return terrain;
}

// Loose: at its angle of rest, with runnels straight down and fans below them.
Terrain sand_scarp(Setting& setting, common::RandomStream& random) {
  Face face;
  face.toe = between(random, 3, 7);
  face.top = setting.camera.height * between(random, 0.35F, 0.7F);
  face.run = face.top * between(random, 0.6F, 0.95F);
  const float runnel = between(random, 1.3F, 2.2F);  // metres apart
  const uint32_t seed = random.next();
  const auto gully = [=](const Place& place) {  // 0..1
    return value_noise(place.along / runnel, place.across / 9, seed);
  };
  const auto behind = [=](const Place& place) {  // metres inland of the foot; fans bulge out
    const float bulge = 1.6F * (value_noise(place.along / 4, 0.5F, seed + 1) - 0.5F);
    return place.across - face.toe - bulge;
  };
  Terrain terrain = behind_beach(setting, random, face, random.chance(0.75));
  terrain.height = [=](const Place& place) {
    const float distance = behind(place);
    if (distance < 0) return beach_height(place);
    const float depth =
        ramp(0, 0.4F * face.run, distance) * ramp(face.run, 0.9F * face.run, distance);
    return face.height(distance) - 0.9F * depth * gully(place);
  };
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const float distance = behind(place);
    if (distance > 0.96F * face.run) {
      return Surface{.colour = palette.vegetation * (0.8F + 0.4F * blades(place, seed + 3))};
    }
    Surface surface = sand(setting, place, seed + 4);
    if (distance > 0) {
      const float streak = value_noise(place.along / 0.8F, place.across / 7, seed + 5) - 0.5F;
      const float moist = ramp(0.6F, 0.95F, distance / face.run);
      surface.colour = surface.colour * (1 + 0.35F * streak + 0.35F * (0.5F - gully(place)));
      surface.colour = mix(surface.colour, palette.mud, 0.35F * moist);
    }
    return surface;
  };
  return terrain;
}

// Low, with roots in the face and trees leaning over it, at still water.
Terrain sheltered_scarp(Setting& setting, common::RandomStream& random) {
  setting.shore.wiggle = between(random, 0.5F, 1.5F);
  Face face;
  face.toe = between(random, 0.6F, 2.5F);
  face.top = between(random, 2.2F, 4);
  face.run = between(random, 0.5F, 1.2F);
  const uint32_t seed = random.next();
  const auto behind = [=](const Place& place) {  // metres inland of the foot
    return place.across - face.toe - 1.2F * (value_noise(place.along / 3, 0.5F, seed) - 0.5F);
  };
  Terrain terrain = behind_beach(setting, random, face, false);
  terrain.hinterland.begin = face.toe + face.run + 0.6F;
  terrain.hinterland.trees.size = between(random, 2.4F, 4.2F);
  terrain.hinterland.trees.density = between(random, 0.55F, 0.9F);
  terrain.hinterland.road = -1;
  terrain.height = [=](const Place& place) {
    const float distance = behind(place);
    return distance > 0 ? face.height(distance) : beach_height(place);
  };
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const float distance = behind(place);
    if (distance < 0) return sand(setting, place, seed + 1);
    const float hanging = value_noise(place.along / 0.8F, 0.5F, seed + 2);
    if (place.level > face.top - 1.1F * hanging) {
      return Surface{.colour = palette.vegetation * (0.85F + 0.8F * blades(place, seed + 3))};
    }
    const float strand = value_noise(place.along / 0.7F, place.level / 2, seed + 4);
    const float share = value_noise(place.along / 6, 0.5F, seed + 5);
    const Rgb soil = mix(palette.mud, palette.sediment, share);
    return Surface{.colour = soil * mix(1.0F, 0.5F, ramp(0.55F, 0.7F, strand))};
  };
  return terrain;
}

}  // namespace

std::vector<ShoreType> scarps() {
  return {{.name = "scarps_steep_slopes_clay", .compose = clay_scarp},
          {.name = "scarps_steep_slopes_sand", .compose = sand_scarp},
          {.name = "sheltered_scarps", .compose = sheltered_scarp}};
}

}  // namespace nas::data::scene
