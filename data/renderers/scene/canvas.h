// Colours, and the picture they are drawn on: float RGB in display space, 0 black, 1 white.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/random.h"

namespace nas::data::scene {

struct Rgb {
  float r = 0;
  float g = 0;
  float b = 0;
};

inline Rgb operator+(Rgb one, Rgb two) { return {one.r + two.r, one.g + two.g, one.b + two.b}; }
inline Rgb operator*(Rgb one, Rgb two) { return {one.r * two.r, one.g * two.g, one.b * two.b}; }
inline Rgb operator*(Rgb colour, float factor) {
  return {colour.r * factor, colour.g * factor, colour.b * factor};
}
inline float luminance(Rgb colour) {
  return 0.299F * colour.r + 0.587F * colour.g + 0.114F * colour.b;
}

inline float mix(float one, float two, float share) { return one + (two - one) * share; }
inline Rgb mix(Rgb one, Rgb two, float share) { return one * (1 - share) + two * share; }
inline float clamp01(float value) { return std::clamp(value, 0.0F, 1.0F); }

// 0 at low, 1 at high, smooth between and constant outside; low > high turns it round.
inline float ramp(float low, float high, float value) {
  const float t = clamp01((value - low) / (high - low));
  return t * t * (3 - 2 * t);
}

// A blend of two of the colours (not empty) in random shares, a little brighter or darker.
Rgb random_colour(common::RandomStream& random, const std::vector<Rgb>& colours);

// A square picture; rows from the top.
class Canvas {
 public:
  explicit Canvas(int64_t side) : side_(side), pixels_(static_cast<size_t>(side * side)) {}

  int64_t side() const { return side_; }
  Rgb& at(int64_t column, int64_t row) { return pixels_[index(column, row)]; }
  const Rgb& at(int64_t column, int64_t row) const { return pixels_[index(column, row)]; }

 private:
  size_t index(int64_t column, int64_t row) const {
    return static_cast<size_t>(row * side_ + column);
  }

  int64_t side_;
  std::vector<Rgb> pixels_;
};

// What the camera makes of a picture.
struct Development {
  float exposure = 1;       // gain
  float contrast = 1;       // about mid-grey
  Rgb balance = {1, 1, 1};  // gain a channel: the light's colour temperature
  float blur = 0;           // weight of each neighbour in a filter of three taps, 0..0.3
  float noise = 0;          // standard deviation of the sensor's noise
};
Development random_development(common::RandomStream& random);

// Pictures are drawn this many times as wide as they are kept.
inline constexpr int64_t kSupersampling = 2;

// uint8 [size, size, 3]: blurred, averaged down by canvas.side() / size (a whole number), with
// noise from `random`.
std::vector<uint8_t> develop(const Canvas& canvas, int64_t size, const Development& development,
                             common::RandomStream& random);

}  // namespace nas::data::scene
