#include "tests/support/tiny_dataset.h"

#include <algorithm>
#include <cmath>

#include "common/random.h"

namespace nas::tests {

namespace {

constexpr double kNoise = 30.0;  // of 255

void append_image(std::vector<uint8_t>& pixels, int64_t label, const data::Dataset& dataset,
                  common::RandomStream& random) {
  const double turn =
      2.0 * M_PI * static_cast<double>(label) / static_cast<double>(dataset.class_count());
  const double phase = random.uniform(0.0, 2.0 * M_PI);
  for (int64_t y = 0; y < dataset.height; ++y) {
    for (int64_t x = 0; x < dataset.width; ++x) {
      const double along =
          std::cos(turn / 2) * static_cast<double>(x) + std::sin(turn / 2) * static_cast<double>(y);
      const double wave = std::sin(2.0 * M_PI * along / 6.0 + phase);
      for (int64_t c = 0; c < dataset.channels; ++c) {
        const double colour = std::cos(turn - 2.0 * M_PI * static_cast<double>(c) / 3.0);
        const double value = 128.0 + 45.0 * colour + 30.0 * wave + kNoise * random.normal();
        pixels.push_back(static_cast<uint8_t>(std::clamp(value, 0.0, 255.0)));
      }
    }
  }
}

data::Split split_of(const data::Dataset& dataset, const std::string& name, int64_t per_class,
                     uint64_t seed) {
  common::RandomStream random({.seed = seed, .purpose = name});
  data::Split split;
  std::vector<uint8_t> pixels;
  for (int64_t i = 0; i < per_class * dataset.class_count(); ++i) {
    const int64_t label = i % dataset.class_count();
    append_image(pixels, label, dataset, random);
    split.labels.push_back(label);
    split.ids.push_back(name + "/" + std::to_string(i));
  }
  split.images = std::move(pixels);
  return split;
}

void label_more(data::Split& split, int64_t classes) {
  split.label_matrix.assign(static_cast<size_t>(split.count() * classes), 0);
  for (int64_t i = 0; i < split.count(); ++i) {
    const int64_t label = split.labels[static_cast<size_t>(i)];
    split.label_matrix[static_cast<size_t>(i * classes + label)] = 1;
    if (i % 2 == 0)
      split.label_matrix[static_cast<size_t>(i * classes + (label + 1) % classes)] = 1;
  }
  split.labels.clear();
}

}  // namespace

data::Dataset tiny_dataset(int64_t classes, int64_t per_class, int64_t size, uint64_t seed) {
  data::Dataset dataset;
  dataset.name = "tiny";
  for (int64_t k = 0; k < classes; ++k) dataset.class_names.push_back("class" + std::to_string(k));
  dataset.height = dataset.width = size;
  dataset.provenance = "drawn by a test";
  dataset.synthetic = true;
  dataset.train = split_of(dataset, "train", per_class, seed);
  dataset.valid = split_of(dataset, "valid", (per_class + 1) / 2, seed);
  dataset.test = split_of(dataset, "test", (per_class + 1) / 2, seed);
  return dataset;
}

data::Dataset with_several_labels(data::Dataset dataset) {
  dataset.task = data::Task::kMultiLabel;
  for (data::Split* split : {&dataset.train, &dataset.valid, &dataset.test}) {
    label_more(*split, dataset.class_count());
  }
  return dataset;
}

}  // namespace nas::tests
