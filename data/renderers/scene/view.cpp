#include "data/renderers/scene/view.h"

#include <cmath>

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

constexpr float kSight = 30;       // sight ends at this many camera heights
constexpr float kAmbient = 0.42F;  // light in the shade, as a share of that on flat sunny ground
constexpr float kVerticalJump = 0.15F;  // metres between samples from which a face is searched

class View {
 public:
  View(const Setting& setting, const Terrain& terrain, int64_t size)
      : setting_(setting), terrain_(terrain), size_(static_cast<float>(size)) {
    tallest_ = std::max(0.0F, terrain.tallest) +
               std::max(terrain.hinterland.tallest(), terrain.props.tallest());
  }

  void draw_column(Canvas& canvas, int64_t column) const;

 private:
  // A step of the march along a column: depth, and the height of what stands there.
  struct Step {
    float z = 0;
    float top = 0;
  };

  float top(const Place& place) const;
  float top_at(float x, float z) const { return top(setting_.shore.place(x, z)); }
  Step step_at(float x, float z) const { return {z, top_at(setting_.camera.offset(x, z), z)}; }
  float hit(float x, float fall, Step before, Step after) const;
  float sunlight(const Place& place) const;
  float unshaded(const Place& place) const;
  Rgb colour(const Place& place) const;
  Rgb through_haze(Rgb seen, const Place& place) const;
  Rgb sky(float x, float fall) const;

  const Setting& setting_;
  const Terrain& terrain_;
  float size_;
  float tallest_ = 0;
};

float View::top(const Place& place) const {
  const float shore = terrain_.height(place);
  const PropHit prop = terrain_.props.at(place);
  if (prop.index >= 0) return std::max(0.0F, shore) + prop.height;
  return std::max(0.0F, shore + terrain_.hinterland.height(place));
}

// Goes up the column and, in step, away from the camera: what a lower row's ray passed over, a
// higher row's passes over too.
void View::draw_column(Canvas& canvas, int64_t column) const {
  const Camera& camera = setting_.camera;
  const auto side = static_cast<float>(canvas.side());
  const float x = 2 * (static_cast<float>(column) + 0.5F) / side - 1;
  const float end = kSight * camera.height;
  const float row_step = 1.6F / (side * camera.height * camera.focal);  // times z squared
  Step before = step_at(x, 0.6F * camera.depth(x, 1));
  Step after = before;
  for (int64_t row = canvas.side() - 1; row >= 0; --row) {
    const float y = 2 * (static_cast<float>(row) + 0.5F) / side - 1;
    const float fall = camera.fall(x, y);
    while (after.z < end && camera.height - fall * after.z > after.top) {
      before = after;
      const float stride = std::min(0.03F * after.z, row_step * after.z * after.z);
      after = step_at(x, after.z + std::max(0.07F, stride));
    }
    if (after.z >= end) {
      canvas.at(column, row) = sky(x, fall);
      continue;
    }
    const float z = hit(x, fall, before, after);
    Place place = setting_.shore.place(camera.offset(x, z), z);
    place.level = camera.height - fall * z;
    place.footprint = 2 * z / (camera.focal * size_) * std::sqrt(std::max(1.0F, z / camera.height));
    canvas.at(column, row) = through_haze(colour(place), place);
  }
}

// The depth at which the ray meets the surface between two steps, on the far side of a jump.
float View::hit(float x, float fall, Step before, Step after) const {
  const float height = setting_.camera.height;
  if (std::abs(after.top - before.top) < kVerticalJump) {
    const float gap_before = height - fall * before.z - before.top;
    const float gap_after = height - fall * after.z - after.top;
    if (gap_before - gap_after < 1e-4F) return after.z;
    const float share = clamp01(gap_before / (gap_before - gap_after));
    return mix(before.z, after.z, share);
  }
  for (int i = 0; i < 4; ++i) {
    const Step middle = step_at(x, 0.5F * (before.z + after.z));
    if (height - fall * middle.z > middle.top) {
      before = middle;
    } else {
      after = middle;
    }
  }
  return after.z;
}

// Light on the slope at a place; 1 on flat ground.
float View::sunlight(const Place& place) const {
  const float reach = std::max(0.12F, 0.4F * place.footprint);
  const float right = top_at(place.x + reach, place.z);
  const float left = top_at(place.x - reach, place.z);
  const float front = top_at(place.x, place.z - reach);
  const float slope_x = std::clamp((right - left) / (2 * reach), -3.0F, 3.0F);
  const float slope_z = std::clamp((top(place) - front) / reach, -3.0F, 3.0F);
  const Sun& sun = setting_.sun;
  const float facing = (sun.rise - slope_x * sun.x - slope_z * sun.z) /
                       std::sqrt(1 + slope_x * slope_x + slope_z * slope_z);
  return std::clamp(facing / sun.rise, 0.0F, 1.6F);
}

// 0 where something nearby stands between a place and the sun, else 1.
float View::unshaded(const Place& place) const {
  const Sun& sun = setting_.sun;
  const uint32_t jitter = hash(floor_of(place.x * 37), floor_of(place.z * 37), setting_.seed);
  float reach = 0.4F + 0.2F * fraction(jitter, 0);
  for (int i = 0; i < 5; ++i) {
    const float needed = place.level + reach * sun.rise + 0.06F;
    if (needed > tallest_) return 1;
    if (top_at(place.x + reach * sun.x, place.z + reach * sun.z) > needed) return 0;
    reach *= 1.9F;
  }
  return 1;
}

Rgb View::colour(const Place& place) const {
  const float shore = terrain_.height(place);
  const PropHit prop = terrain_.props.at(place);
  const Rgb& sky_colour = setting_.palette.sky;
  const float grazing = 1 - clamp01(1.2F * (setting_.camera.height - place.level) / place.z);
  if (prop.index < 0 && shore + terrain_.hinterland.height(place) <= 0) {
    const Rgb water = water_colour(terrain_.water, setting_, place, -shore, terrain_.bed, grazing);
    return water * (0.65F + 0.35F * unshaded(place));
  }
  Surface surface;
  if (prop.index >= 0) {
    surface = terrain_.props.surface(prop, place.level - std::max(0.0F, shore));
  } else if (terrain_.hinterland.covers(place)) {
    surface = terrain_.hinterland.surface(setting_, place);
  } else {
    surface = terrain_.surface(place);
  }
  const float light = kAmbient + (1 - kAmbient) * sunlight(place) * unshaded(place);
  return mix(surface.colour * light, sky_colour, clamp01(surface.wet * (0.2F + 0.6F * grazing)));
}

Rgb View::through_haze(Rgb seen, const Place& place) const {
  if (setting_.clouds > 0) {
    const float cloud = fbm(place.x / 50, place.z / 70, 2, setting_.seed + 1);
    seen = seen * (1 - setting_.clouds * ramp(0.48F, 0.58F, cloud));
  }
  const float end = kSight * setting_.camera.height;
  const float clear = std::exp(-place.z / setting_.visibility) * ramp(end, 0.5F * end, place.z);
  return mix(setting_.palette.haze, seen, clear);
}

Rgb View::sky(float x, float fall) const {
  const float up = clamp01(-4 * fall);
  const float cloud = ramp(0.45F, 0.7F, fbm(3 * x, 12 * fall, 3, setting_.seed + 3));
  const Rgb blue = mix(setting_.palette.haze, setting_.palette.sky, up);
  return mix(blue, Rgb{0.94F, 0.94F, 0.95F}, 0.6F * cloud * up);
}

}  // namespace

Canvas photograph(const Setting& setting, const Terrain& terrain, int64_t size) {
  const View view(setting, terrain, size);
  Canvas canvas(kSupersampling * size);
  for (int64_t column = 0; column < canvas.side(); ++column) view.draw_column(canvas, column);
  return canvas;
}

}  // namespace nas::data::scene
