#include "data/renderers/scene/noise.h"

#include <cmath>

namespace nas::data::scene {

namespace {

float lattice(int32_t x, int32_t y, uint32_t seed) {
  return static_cast<float>(hash(x, y, seed) >> 8) / 16777215.0F;
}

}  // namespace

float value_noise(float x, float y, uint32_t seed) {
  const int32_t column = floor_of(x);
  const int32_t row = floor_of(y);
  const float u = x - static_cast<float>(column);
  const float v = y - static_cast<float>(row);
  const float right = u * u * (3 - 2 * u);
  const float down = v * v * (3 - 2 * v);
  const float low_left = lattice(column, row, seed);
  const float low_right = lattice(column + 1, row, seed);
  const float high_left = lattice(column, row + 1, seed);
  const float high_right = lattice(column + 1, row + 1, seed);
  const float low = low_left + (low_right - low_left) * right;
  const float high = high_left + (high_right - high_left) * right;
  return low + (high - low) * down;
}

float fbm(float x, float y, int octaves, uint32_t seed) {
  float sum = 0;
  float strength = 1;
  float total = 0;
  for (int octave = 0; octave < octaves; ++octave) {
    sum += strength * value_noise(x, y, seed + static_cast<uint32_t>(octave));
    total += strength;
    strength *= 0.5F;
    const float turned = 1.6F * x + 1.2F * y + 17.3F;  // turned, so that the lattices do not agree
    y = 1.6F * y - 1.2F * x + 9.1F;
    x = turned;
  }
  return sum / total;
}

Cell worley(float x, float y, uint32_t seed) {
  const int32_t column = floor_of(x);
  const int32_t row = floor_of(y);
  float nearest = 9;  // squared
  float second = 9;
  uint32_t found = 0;
  for (int32_t j = row - 1; j <= row + 1; ++j) {
    for (int32_t i = column - 1; i <= column + 1; ++i) {
      const uint32_t bits = hash(i, j, seed);
      const float dx = static_cast<float>(i) + 0.1F + 0.8F * fraction(bits, 0) - x;
      const float dy = static_cast<float>(j) + 0.1F + 0.8F * fraction(bits, 8) - y;
      const float distance = dx * dx + dy * dy;
      if (distance < nearest) {
        second = nearest;
        nearest = distance;
        found = bits;
      } else if (distance < second) {
        second = distance;
      }
    }
  }
  Cell cell;
  cell.nearest = std::sqrt(nearest);
  cell.second = std::sqrt(second);
  cell.id = hash(static_cast<int32_t>(found), 1, seed);
  return cell;
}

}  // namespace nas::data::scene
