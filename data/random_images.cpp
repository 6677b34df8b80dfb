#include "data/random_images.h"

#include "common/random.h"

namespace nas::data {

Dataset random_images(int64_t count, int64_t side, int64_t classes, uint64_t seed) {
  Dataset dataset{.name = "random",
                  .height = side,
                  .width = side,
                  .provenance = "random pixels",
                  .synthetic = true};
  for (int64_t k = 0; k < classes; ++k) dataset.class_names.push_back("class" + std::to_string(k));
  for (int64_t i = 0; i < count; ++i) {
    dataset.train.labels.push_back(i % classes);
    dataset.train.ids.push_back(std::to_string(i));
  }
  common::RandomStream random({.seed = seed, .purpose = "random images"});
  std::vector<uint8_t> pixels(static_cast<size_t>(count * dataset.image_bytes()));
  for (auto& value : pixels) value = static_cast<uint8_t>(random.next() >> 24);
  dataset.train.images = std::move(pixels);
  return dataset;
}

}  // namespace nas::data
