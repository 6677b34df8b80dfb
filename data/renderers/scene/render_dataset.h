// What all renderers share: balanced labels, stratified splits, ids, and the loop over the images.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/random.h"
#include "data/dataset.h"
#include "data/renderer.h"

namespace nas::data::scene {

// Draws an image of class `label`: uint8 [size, size, 3], depending on nothing but the arguments.
// Called from several threads at once.
using Painter =
    std::function<std::vector<uint8_t>(int label, common::RandomStream& random, int64_t size)>;

struct DatasetPlan {
  std::string name;                      // the renderer's
  int version = 1;                       // raised when the same request gives other images
  std::vector<std::string> class_names;  // [K]
  Painter paint;
};

// Classes are as equal as the number of images allows, in random order; each is split 80/10/10 (to
// within one image, however few there are). Image i is drawn from a stream of its own, so the
// result depends on the request alone. Throws UsageError when the request is out of range.
Dataset render_dataset(const DatasetPlan& plan, const RenderRequest& request);

}  // namespace nas::data::scene
