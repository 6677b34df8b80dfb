// Patterns computed from coordinates and a seed by hashing lattice points: the same anywhere, with
// no state. Coordinates are in lattice cells.
#pragma once

#include <cstdint>

#include "common/random.h"

namespace nas::data::scene {

inline constexpr float kTurn = 6.28318531F;  // radians

inline float between(common::RandomStream& random, float low, float high) {
  return static_cast<float>(random.uniform(low, high));
}

// 32 well-mixed bits of a lattice point.
inline uint32_t hash(int32_t x, int32_t y, uint32_t seed) {
  uint32_t bits = (static_cast<uint32_t>(x) * 0x8DA6B343U) ^
                  (static_cast<uint32_t>(y) * 0xD8163841U) ^ (seed * 0xCB1AB31FU);
  bits = (bits ^ (bits >> 15)) * 0x2C1B3C6DU;
  bits = (bits ^ (bits >> 12)) * 0x297A2D39U;
  return bits ^ (bits >> 15);
}

// Eight of the bits, from `shift` on, as a number in [0, 1).
inline float fraction(uint32_t bits, int shift) {
  return static_cast<float>((bits >> shift) & 0xFFU) / 256.0F;
}

inline int32_t floor_of(float value) {
  const auto whole = static_cast<int32_t>(value);
  return value < static_cast<float>(whole) ? whole - 1 : whole;
}

// In [0, 1], smooth, about 0.5 on average; varies over one cell.
float value_noise(float x, float y, uint32_t seed);

// Octaves of value noise, each half as strong and twice as fine. In [0, 1], about 0.5 on average.
float fbm(float x, float y, int octaves, uint32_t seed);

// Worley noise: one random point a cell.
struct Cell {
  float nearest = 0;  // distance to the nearest point, 0..1.2 or so
  float second = 0;   // distance to the second nearest; second - nearest is 0 on the borders
  uint32_t id = 0;    // random bits of the nearest point; see fraction()
};
Cell worley(float x, float y, uint32_t seed);

}  // namespace nas::data::scene
