#include "data/renderers/scene/canvas.h"

#include <cmath>

#include "data/renderers/scene/noise.h"

namespace nas::data::scene {

namespace {

// One pass of the three-tap filter along rows (dx = 1, dy = 0) or columns (0, 1).
Canvas filtered(const Canvas& canvas, float weight, int64_t dx, int64_t dy) {
  const int64_t last = canvas.side() - 1;
  Canvas result(canvas.side());
  for (int64_t row = 0; row <= last; ++row) {
    for (int64_t column = 0; column <= last; ++column) {
      const Rgb here = canvas.at(column, row);
      const Rgb before =
          canvas.at(std::max<int64_t>(column - dx, 0), std::max<int64_t>(row - dy, 0));
      const Rgb after = canvas.at(std::min(column + dx, last), std::min(row + dy, last));
      result.at(column, row) = here * (1 - 2 * weight) + (before + after) * weight;
    }
  }
  return result;
}

uint8_t to_byte(float value) { return static_cast<uint8_t>(std::lround(255.0F * clamp01(value))); }

float exposed(float value, float gain, const Development& development,
              common::RandomStream& random) {
  const float lit = (value * gain * development.exposure - 0.5F) * development.contrast + 0.5F;
  return lit + development.noise * static_cast<float>(random.normal());
}

}  // namespace

Rgb random_colour(common::RandomStream& random, const std::vector<Rgb>& colours) {
  const auto count = static_cast<int64_t>(colours.size());
  const Rgb one = colours[static_cast<size_t>(random.integer(count))];
  const Rgb two = colours[static_cast<size_t>(random.integer(count))];
  const float share = between(random, 0, 1);
  return mix(one, two, share) * between(random, 0.8F, 1.15F);
}

Development random_development(common::RandomStream& random) {
  Development development;
  development.exposure = between(random, 0.75F, 1.25F);
  development.contrast = between(random, 0.85F, 1.2F);
  const float warmth = between(random, -0.1F, 0.1F);
  development.balance = {1 + warmth, 1 + between(random, -0.03F, 0.03F), 1 - warmth};
  development.blur = between(random, 0, 0.25F);
  development.noise = between(random, 0.006F, 0.028F);
  return development;
}

std::vector<uint8_t> develop(const Canvas& canvas, int64_t size, const Development& development,
                             common::RandomStream& random) {
  const Canvas soft = filtered(filtered(canvas, development.blur, 1, 0), development.blur, 0, 1);
  const int64_t factor = canvas.side() / size;
  const float share = 1.0F / static_cast<float>(factor * factor);
  std::vector<uint8_t> bytes;
  bytes.reserve(static_cast<size_t>(size * size * 3));
  for (int64_t row = 0; row < size; ++row) {
    for (int64_t column = 0; column < size; ++column) {
      Rgb sum;
      for (int64_t dy = 0; dy < factor; ++dy) {
        for (int64_t dx = 0; dx < factor; ++dx) {
          sum = sum + soft.at(column * factor + dx, row * factor + dy);
        }
      }
      sum = sum * share;
      bytes.push_back(to_byte(exposed(sum.r, development.balance.r, development, random)));
      bytes.push_back(to_byte(exposed(sum.g, development.balance.g, development, random)));
      bytes.push_back(to_byte(exposed(sum.b, development.balance.b, development, random)));
    }
  }
  return bytes;
}

}  // namespace nas::data::scene
