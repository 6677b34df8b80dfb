// The default dataset: shores seen from a low-flying aircraft, 15 types after the classes of
// environmental sensitivity maps.
#include <algorithm>
#include <cstdlib>

#include "data/renderer.h"
#include "data/renderers/scene/canvas.h"
#include "data/renderers/scene/noise.h"
#include "data/renderers/scene/render_dataset.h"
#include "data/renderers/scene/setting.h"
#include "data/renderers/scene/shore_types.h"
#include "data/renderers/scene/view.h"

namespace nas::data {

namespace {

constexpr int kVersion = 1;

// A flat V, white or dark.
void draw_bird(scene::Canvas& canvas, common::RandomStream& random) {
  const int64_t side = canvas.side();
  const int64_t span = std::max<int64_t>(1, side * (2 + random.integer(3)) / 128);
  const int64_t middle = random.integer(side);
  const int64_t row = random.integer(side);
  const float shade = random.chance(0.6) ? 0.95F : 0.1F;
  for (int64_t step = -span; step <= span; ++step) {
    const int64_t column = std::clamp<int64_t>(middle + step, 0, side - 1);
    const int64_t raised = std::max<int64_t>(row - std::abs(step) / 2, 0);
    canvas.at(column, raised) = {shade, shade, shade};
  }
}

std::vector<uint8_t> paint(int label, common::RandomStream& random, int64_t size) {
  scene::Setting setting = scene::random_setting(random);
  const auto& type = scene::shore_types()[static_cast<size_t>(label)];
  scene::Terrain terrain = type.compose(setting, random);
  scene::add_clutter(terrain.props, random);
  scene::Canvas canvas = scene::photograph(setting, terrain, size);
  if (random.chance(0.3)) {
    const int64_t birds = 1 + random.integer(6);
    for (int64_t i = 0; i < birds; ++i) draw_bird(canvas, random);
  }
  const scene::Development development = scene::random_development(random);
  return scene::develop(canvas, size, development, random);
}

Dataset draw(const RenderRequest& request) {
  scene::DatasetPlan plan{.name = "coastline", .version = kVersion, .paint = paint};
  for (const auto& type : scene::shore_types()) plan.class_names.push_back(type.name);
  return scene::render_dataset(plan, request);
}

const common::Register<Renderer> kRegister{
    {.name = "coastline",
     .summary = "15 shore types as oblique views from a low-flying aircraft",
     .version = kVersion,
     .draw = draw}};

}  // namespace

}  // namespace nas::data
