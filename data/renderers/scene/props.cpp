#include "data/renderers/scene/props.h"

#include <cmath>

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

// Height of a prop at (u, v) of its rectangle, as a share of its full height; 0 outside.
float profile(PropShape shape, float u, float v) {
  switch (shape) {
    case PropShape::kBox:
      return 1;
    case PropShape::kHouse:
      return 1 - 0.4F * std::abs(v);  // a gable roof
    case PropShape::kBoat: {
      const float bow = std::max(0.0F, u);
      if (std::abs(v) > 1 - bow * bow) return 0;
      return u > -0.5F && u < 0.15F && std::abs(v) < 0.55F ? 1.0F : 0.5F;  // cabin, hull
    }
    case PropShape::kPole:
      return u * u + v * v < 1 ? 1.0F : 0.0F;
  }
  return 0;
}

bool in_window(float u, float level) {
  const float pane = 2.5F * (u + 1) - std::floor(2.5F * (u + 1));
  return pane > 0.3F && pane < 0.7F && level > 0.3F && level < 0.55F;
}

Rgb random_paint(common::RandomStream& random) {
  return random_colour(random, {{0.90F, 0.89F, 0.86F},
                                {0.75F, 0.73F, 0.70F},
                                {0.62F, 0.30F, 0.26F},
                                {0.32F, 0.40F, 0.52F},
                                {0.48F, 0.40F, 0.33F}});
}

}  // namespace

void Props::add(const Prop& prop) {
  props_.push_back(prop);
  tallest_ = std::max(tallest_, prop.height);
}

PropHit Props::at(const Place& place) const {
  PropHit hit;
  for (size_t i = 0; i < props_.size(); ++i) {
    const Prop& prop = props_[i];
    const float dx = place.along - prop.along;
    const float dy = place.across - prop.across;
    const float reach = prop.half_length + prop.half_width;
    if (dx > reach || dx < -reach || dy > reach || dy < -reach) continue;
    const float cosine = std::cos(prop.turn);
    const float sine = std::sin(prop.turn);
    const float u = (dx * cosine + dy * sine) / prop.half_length;
    const float v = (dy * cosine - dx * sine) / prop.half_width;
    if (std::abs(u) > 1 || std::abs(v) > 1) continue;
    const float height = prop.height * profile(prop.shape, u, v);
    if (height > hit.height) {
      hit = {.index = static_cast<int>(i), .height = height, .u = u, .v = v};
    }
  }
  return hit;
}

Surface Props::surface(const PropHit& hit, float level) const {
  const Prop& prop = props_[static_cast<size_t>(hit.index)];
  if (level > hit.height - 0.2F) return {.colour = prop.top};
  if (prop.shape == PropShape::kHouse && in_window(hit.u, level / prop.height)) {
    return {.colour = prop.side * 0.3F};
  }
  if (prop.shape == PropShape::kBox) {  // planks: dark between the piles
    const float pile = hit.u * prop.half_length / 2.5F;
    return {.colour = prop.side * (pile - std::floor(pile) < 0.3F ? 0.9F : 0.4F)};
  }
  return {.colour = prop.side};
}

void add_house(Props& props, common::RandomStream& random, float along, float across) {
  Prop house{.shape = PropShape::kHouse, .along = along, .across = across};
  house.half_length = between(random, 3.5F, 5.5F);
  house.half_width = between(random, 2.5F, 3.8F);
  house.turn = between(random, -0.4F, 0.4F);
  if (random.chance(0.3)) house.turn += kTurn / 4;
  house.height = between(random, 4, 6.5F);
  house.side = random_paint(random);
  house.top = random_paint(random) * 0.8F;
  props.add(house);
}

void add_boat(Props& props, common::RandomStream& random, float along, float across) {
  Prop boat{.shape = PropShape::kBoat, .along = along, .across = across};
  boat.half_length = between(random, 2.2F, 4);
  boat.half_width = boat.half_length * between(random, 0.3F, 0.42F);
  boat.turn = between(random, 0, kTurn);
  boat.height = between(random, 1.4F, 2.4F);
  boat.side = random_paint(random);
  boat.top = random_paint(random) * 1.1F;
  props.add(boat);
}

void add_dock(Props& props, const Setting& setting, common::RandomStream& random, float along,
              float reach) {
  Prop dock{.along = along, .across = -0.5F * reach, .half_length = 0.5F * reach + 0.5F};
  dock.half_width = between(random, 0.7F, 1.3F);
  dock.turn = kTurn / 4;
  dock.height = between(random, 0.8F, 1.4F);
  dock.side = setting.palette.concrete * 0.6F;
  dock.top = setting.palette.concrete * between(random, 0.85F, 1.25F);
  props.add(dock);
  if (!random.chance(0.6)) return;
  dock.across = -reach;
  dock.half_length = between(random, 2, 4.5F);
  dock.turn = 0;
  props.add(dock);
}

void add_poles(Props& props, common::RandomStream& random, int64_t count, float low_across,
               float high_across) {
  for (int64_t i = 0; i < count; ++i) {
    Prop pole{.shape = PropShape::kPole, .half_length = 0.2F, .half_width = 0.2F};
    pole.along = between(random, -25, 25);
    pole.across = between(random, low_across, high_across);
    pole.height = between(random, 2, 5);
    pole.side = random_paint(random) * 0.7F;
    pole.top = pole.side;
    props.add(pole);
  }
}

void add_logs(Props& props, common::RandomStream& random, int64_t count, float low_across,
              float high_across) {
  for (int64_t i = 0; i < count; ++i) {
    Prop trunk;
    trunk.along = between(random, -20, 20);
    trunk.across = between(random, low_across, high_across);
    trunk.half_length = between(random, 1, 3);
    trunk.half_width = between(random, 0.2F, 0.35F);
    trunk.turn = between(random, 0, kTurn);
    trunk.height = 0.5F;
    trunk.top = Rgb{0.60F, 0.55F, 0.48F} * between(random, 0.5F, 1.2F);
    trunk.side = trunk.top * 0.6F;
    props.add(trunk);
  }
}

void add_clutter(Props& props, common::RandomStream& random) {
  if (random.chance(0.15)) {
    const float along = between(random, -20, 20);
    add_boat(props, random, along, between(random, -30, -7));
  }
  if (random.chance(0.12)) add_poles(props, random, 1 + random.integer(3), -8, 15);
}

}  // namespace nas::data::scene
