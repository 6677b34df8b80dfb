// Simple drawn objects on textured grounds: a stand-in for CIFAR-10 where that cannot be had.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "data/renderer.h"
#include "data/renderers/scene/canvas.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/render_dataset.h"

namespace nas::data {

namespace {

using scene::between;
using scene::Canvas;
using scene::Rgb;

constexpr int kVersion = 1;

// Whether a shape of half-size 1 covers (u, v). detail: 0..1, the shape's own variation.
using Covers = bool (*)(float u, float v, float detail);

float radius_of(float u, float v) { return std::sqrt(u * u + v * v); }
float part_of(float value) { return value - std::floor(value); }
bool in_frame(float u, float v) { return std::abs(u) < 0.85F && std::abs(v) < 0.85F; }

bool disc(float u, float v, float) { return radius_of(u, v) < 0.85F; }

bool ring(float u, float v, float detail) {
  const float radius = radius_of(u, v);
  return radius < 0.95F && radius > 0.5F + 0.15F * detail;
}

bool square(float u, float v, float) { return std::abs(u) < 0.75F && std::abs(v) < 0.75F; }

bool triangle(float u, float v, float) {
  return v < 0.5F && 0.866F * u - 0.5F * v < 0.5F && -0.866F * u - 0.5F * v < 0.5F;
}

bool cross(float u, float v, float detail) {
  const float arm = 0.2F + 0.1F * detail;
  const float longer = std::max(std::abs(u), std::abs(v));
  const float shorter = std::min(std::abs(u), std::abs(v));
  return longer < 0.95F && shorter < arm;
}

bool star(float u, float v, float detail) {
  const float inner = 0.35F + 0.08F * detail;
  const float turn = part_of(5 * (std::atan2(v, u) / scene::kTurn + 1));
  const float tip = std::abs(2 * turn - 1);  // 1 at the points, 0 between them
  return radius_of(u, v) < inner / scene::mix(1.0F, inner, tip);
}

bool stripes(float u, float v, float detail) {
  return in_frame(u, v) && part_of((1.9F + 0.5F * detail) * (u + 0.85F)) < 0.55F;
}

bool checker(float u, float v, float detail) {
  if (!in_frame(u, v)) return false;
  const float cells = detail < 0.5F ? 3.0F : 4.0F;  // a side
  const auto column = static_cast<int>(cells * (u + 0.85F) / 1.7F);
  const auto row = static_cast<int>(cells * (v + 0.85F) / 1.7F);
  return (column + row) % 2 == 0;
}

bool spiral(float u, float v, float detail) {
  const float radius = radius_of(u, v);
  const float turn = std::atan2(v, u) / scene::kTurn;
  return radius < 0.95F && part_of(turn + (1.8F + 0.5F * detail) * radius) < 0.5F;
}

bool dots(float u, float v, float detail) {
  if (!in_frame(u, v)) return false;
  const float x = part_of(3 * (u + 0.85F) / 1.7F) - 0.5F;
  const float y = part_of(3 * (v + 0.85F) / 1.7F) - 0.5F;
  return radius_of(x, y) < 0.3F + 0.08F * detail;
}

struct Shape {
  const char* name;
  Covers covers;
};
constexpr Shape kShapes[] = {{"disc", disc},         {"ring", ring},       {"square", square},
                             {"triangle", triangle}, {"cross", cross},     {"star", star},
                             {"stripes", stripes},   {"checker", checker}, {"spiral", spiral},
                             {"dots", dots}};

// Where and how a shape lies in the picture.
struct Pose {
  float x = 0;
  float y = 0;
  float size = 0.6F;
  float turn = 0;
  float aspect = 1;
  float detail = 0;
};

void draw_shape(Canvas& canvas, Covers covers, const Pose& pose, Rgb colour, float shading) {
  const auto side = static_cast<float>(canvas.side());
  const float cosine = std::cos(pose.turn);
  const float sine = std::sin(pose.turn);
  for (int64_t row = 0; row < canvas.side(); ++row) {
    for (int64_t column = 0; column < canvas.side(); ++column) {
      const float x = 2 * (static_cast<float>(column) + 0.5F) / side - 1 - pose.x;
      const float y = 2 * (static_cast<float>(row) + 0.5F) / side - 1 - pose.y;
      const float u = (x * cosine + y * sine) / (pose.size * pose.aspect);
      const float v = (y * cosine - x * sine) / (pose.size / pose.aspect);
      if (std::abs(u) > 1.1F || std::abs(v) > 1.1F || !covers(u, v, pose.detail)) continue;
      canvas.at(column, row) = colour * (1 + shading * u);
    }
  }
}

Rgb any_colour(common::RandomStream& random) {
  Rgb colour;
  colour.r = between(random, 0.05F, 0.95F);
  colour.g = between(random, 0.05F, 0.95F);
  colour.b = between(random, 0.05F, 0.95F);
  return colour;
}

void draw_ground(Canvas& canvas, common::RandomStream& random, Rgb one, Rgb two) {
  const float cells = between(random, 1.5F, 7);
  const float stretch = between(random, 0.5F, 2);
  const uint32_t seed = random.next();
  const auto side = static_cast<float>(canvas.side());
  for (int64_t row = 0; row < canvas.side(); ++row) {
    for (int64_t column = 0; column < canvas.side(); ++column) {
      const float x = cells * stretch * static_cast<float>(column) / side;
      const float y = cells / stretch * static_cast<float>(row) / side;
      canvas.at(column, row) = scene::mix(one, two, scene::fbm(x, y, 3, seed));
    }
  }
}

// Small bars and blots that mean nothing.
void draw_clutter(Canvas& canvas, common::RandomStream& random, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    Pose pose;
    pose.x = between(random, -1, 1);
    pose.y = between(random, -1, 1);
    pose.size = between(random, 0.07F, 0.16F);
    pose.turn = between(random, 0, scene::kTurn);
    pose.aspect = random.chance(0.5) ? 1.0F : 2.0F;
    const Covers covers = random.chance(0.5) ? disc : square;
    draw_shape(canvas, covers, pose, any_colour(random), 0);
  }
}

// Stands out from both colours of the ground, in brightness or in hue.
Rgb contrasting(common::RandomStream& random, Rgb one, Rgb two) {
  const Rgb ground = scene::mix(one, two, 0.5F);
  Rgb colour;
  float difference = 0;
  do {
    colour = any_colour(random);
    const Rgb gap = colour + ground * -1.0F;
    difference = 2 * std::abs(scene::luminance(gap)) + std::abs(gap.r - gap.b);
  } while (difference < 0.55F);
  return colour;
}

std::vector<uint8_t> paint(int label, common::RandomStream& random, int64_t size) {
  Canvas canvas(scene::kSupersampling * size);
  const Rgb one = any_colour(random);
  const Rgb two = scene::mix(one, any_colour(random), 0.5F);
  draw_ground(canvas, random, one, two);
  draw_clutter(canvas, random, random.integer(6));
  Pose pose;
  pose.size = between(random, 0.48F, 0.8F);
  pose.x = between(random, -1, 1) * (0.95F - pose.size);
  pose.y = between(random, -1, 1) * (0.95F - pose.size);
  pose.turn = between(random, 0, scene::kTurn);
  pose.aspect = between(random, 0.88F, 1.13F);
  pose.detail = between(random, 0, 1);
  const Rgb colour = contrasting(random, one, two);
  const float shading = between(random, -0.2F, 0.2F);
  draw_shape(canvas, kShapes[label].covers, pose, colour, shading);
  draw_clutter(canvas, random, random.integer(3));
  const scene::Development development = scene::random_development(random);
  return scene::develop(canvas, size, development, random);
}

Dataset draw(const RenderRequest& request) {
  scene::DatasetPlan plan{.name = "shapes", .version = kVersion, .paint = paint};
  for (const Shape& shape : kShapes) plan.class_names.push_back(shape.name);
  return scene::render_dataset(plan, request);
}

const common::Register<Renderer> kRegister{
    {.name = "shapes",
     .summary = "10 simple shapes on textured grounds, a stand-in for CIFAR-10",
     .version = kVersion,
     .draw = draw}};

}  // namespace

}  // namespace nas::data
