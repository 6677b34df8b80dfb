// Marshes and swamps: herbaceous with creeks (salt), herbaceous with ponds (fresh), wooded.
#include <cmath>

#include "data/renderers/scene/ground.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/shore_types.h"

namespace nas::data::scene {

namespace {

// What all three share: still water over mud, and land far behind.
Terrain wetland(const Setting& setting, common::RandomStream& random) {
  Terrain terrain;
  terrain.bed = setting.palette.mud;
  terrain.water = random_water(random, false);
  terrain.hinterland = random_hinterland(setting, random, between(random, 35, 80));
  terrain.hinterland.edge = 4;
  return terrain;
}

Terrain salt_marsh(Setting& setting, common::RandomStream& random) {
  setting.shore.wiggle = between(random, 0.8F, 2.5F);
  const float plateau = between(random, 0.4F, 0.9F);
  const float spacing = between(random, 11, 18);
  const float width = between(random, 0.09F, 0.15F);  // of a creek, in creek_distance
  const float zone = between(random, 4, 8);           // metres a patch of one kind of grass
  const uint32_t seed = random.next();
  const auto creek = [=](const Place& place) {  // < 1 in a creek
    const float trunk = creek_distance(place, spacing, seed) / width;
    const float branch = creek_distance(place, 0.45F * spacing, seed + 20) / (0.55F * width);
    return std::min(trunk, branch);
  };
  Terrain terrain = wetland(setting, random);
  terrain.height = [=](const Place& place) {
    if (place.across < 0) return 0.2F * place.across;
    return plateau * ramp(0, 1, place.across) - (plateau + 0.5F) * ramp(1.1F, 0.4F, creek(place));
  };
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const float distance = creek(place);
    if (distance < 1.3F || place.across < 0.7F) return Surface{.colour = palette.mud, .wet = 0.4F};
    const float tone = fbm(place.x / zone, place.z / zone, 2, seed + 40);
    Rgb grass = mix(palette.vegetation, palette.undergrowth, ramp(0.43F, 0.57F, tone));
    grass = mix(grass, palette.vegetation * 1.3F, ramp(2.6F, 1.6F, distance));  // levees
    return Surface{.colour = grass * (1 + 0.35F * blades(place, seed + 50))};
  };
  terrain.tallest = plateau;
  return terrain;
}

Terrain freshwater_marsh(Setting& setting, common::RandomStream& random) {
  setting.shore.wiggle = between(random, 0.8F, 2.5F);
  const float pond_size = between(random, 9, 14);
  const float radius = between(random, 0.26F, 0.36F);  // of ponds, in pond sizes
  const float reed = between(random, 1.5F, 2.4F);      // metres tall
  const float clump = between(random, 5, 9);
  const uint32_t seed = random.next();
  const auto pond = [=](const Place& place) {  // < 1 in a pond
    const float warp = 0.25F * value_noise(place.x / 3, place.z / 3, seed + 1);
    const Cell cell = worley(place.x / pond_size, place.z / pond_size, seed);
    return (cell.nearest + warp - 0.12F) / radius;
  };
  const auto reeds = [=](const Place& place) {  // > 0 in a clump
    return fbm(place.x / clump, place.z / clump, 2, seed + 2) - 0.46F;
  };
  const auto pad = [=](const Place& place) {  // a water lily's leaf
    const Cell cell = worley(place.x / 0.9F, place.z / 0.9F, seed + 4);
    return cell.nearest < 0.4F && fraction(cell.id, 0) < 0.55F;
  };
  Terrain terrain = wetland(setting, random);
  terrain.height = [=](const Place& place) {
    const float distance = pond(place);
    const bool shallows = place.across < 0 && place.across > -4 && reeds(place) > 0.06F;
    if (distance < 1 || (place.across < 0 && !shallows)) {
      const bool lily = pad(place) && (distance > 0.45F || place.across < 0) && place.across > -5;
      return lily ? 0.04F : -0.5F;
    }
    if (reeds(place) < 0) return 0.25F;
    return reed * (0.7F + 0.5F * value_noise(place.x / 0.5F, place.z / 0.5F, seed + 5));
  };
  terrain.surface = [=, &setting](const Place& place) {
    const Palette& palette = setting.palette;
    const bool in_reeds = reeds(place) >= 0;
    if (pond(place) < 1 || (place.across < 0 && !in_reeds)) {
      return Surface{.colour = palette.vegetation * 1.15F, .wet = 0.15F};
    }
    if (!in_reeds) {
      return Surface{.colour = palette.undergrowth * (1 + 0.3F * blades(place, seed + 6))};
    }
    const float up = clamp01(place.level / reed);
    const Rgb stalk = palette.vegetation * mix(0.5F, 1.15F, up);
    return Surface{.colour = stalk * (1 + 0.9F * blades(place, seed + 7))};
  };
  terrain.tallest = 1.2F * reed;
  return terrain;
}

Terrain freshwater_swamp(Setting& setting, common::RandomStream& random) {
  setting.shore.wiggle = between(random, 0.8F, 2.5F);
  setting.palette.water = setting.palette.water * between(random, 0.6F, 0.9F);
  const Trees trees{.size = between(random, 3.6F, 5.5F),
                    .density = between(random, 0.6F, 0.8F),
                    .seed = random.next()};
  const uint32_t seed = random.next();
  const float fringe = between(random, 2, 8);  // metres that trees stand out into the water
  const auto wood = [=](const Place& place) {
    return place.across < -fringe ? 0.0F : trees.height(place);
  };
  Terrain terrain = wetland(setting, random);
  terrain.height = [=](const Place& place) {
    const float crown = wood(place);
    if (crown > 0) return crown;
    if (place.across < 0) return -0.6F;
    return 0.9F * (fbm(place.x / 5, place.z / 5, 2, seed) - 0.56F);  // standing water in between
  };
  terrain.surface = [=, &setting](const Place& place) {
    if (wood(place) > 0.25F) return trees.surface(setting, place);
    const float litter = value_noise(place.x / 0.8F, place.z / 0.8F, seed + 2);
    const Rgb moss = mix(setting.palette.mud, setting.palette.undergrowth, litter);
    return Surface{.colour = moss * 0.8F, .wet = 0.2F};
  };
  terrain.tallest = 1.2F * trees.size;
  add_poles(terrain.props, random, 3 + random.integer(6), -0.8F * fringe, 12);  // dead trunks
  return terrain;
}

}  // namespace

std::vector<ShoreType> marshes() {
  return {{.name = "salt_brackish_water_marshes", .compose = salt_marsh},
          {.name = "freshwater_marshes_herbaceous_vegetation", .compose = freshwater_marsh},
          {.name = "freshwater_swamps_woody_vegetation", .compose = freshwater_swamp}};
}

}  // namespace nas::data::scene
