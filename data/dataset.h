// A labelled image dataset: plain uint8 arrays, RGB, [N, H, W, C].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/pixels.h"

namespace nas::data {

enum class Task { kSingleLabel, kMultiLabel };
std::string task_text(Task task);  // "single-label" | "multi-label"

// One split. Image i is images[i * H * W * C ...); its label is labels[i] (single-label) or the K
// values label_matrix[i * K ...) of 0 and 1 (multi-label).
struct Split {
  Pixels images;
  std::vector<int64_t> labels;        // [N], in [0, K); empty when multi-label
  std::vector<uint8_t> label_matrix;  // [N, K]; empty when single-label
  std::vector<std::string> ids;       // [N], unique within the dataset

  int64_t count() const { return static_cast<int64_t>(ids.size()); }
};

struct Dataset {
  std::string name;
  Task task = Task::kSingleLabel;
  std::vector<std::string> class_names;  // [K]
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 3;
  std::string provenance;  // where the images come from, in a sentence
  bool synthetic = false;  // drawn by a program, not photographed
  Split train;
  Split valid;  // may be empty: held-out images are then taken from train
  Split test;

  int64_t class_count() const { return static_cast<int64_t>(class_names.size()); }
  int64_t image_bytes() const { return height * width * channels; }
};

// Throws DataError when sizes, labels or ids do not fit together; `where` names the source.
void check(const Dataset& dataset, const std::string& where);

// The images `indices` of a split, in that order. Shapes and labels come from `dataset`.
Split take(const Dataset& dataset, const Split& split, const std::vector<int64_t>& indices);

// `count` indices of a split, drawn without replacement with each class represented in proportion
// (largest remainder); all of them, in order, when count <= 0 or count >= the split's size.
// Multi-label: plain random. The same seed gives the same indices; a larger count is not a
// superset.
std::vector<int64_t> stratified_indices(const Dataset& dataset, const Split& split, int64_t count,
                                        uint64_t seed);

// Splits the indices of `split` by weights (e.g. {80, 10, 10}), stratified by class; the parts
// cover every index exactly once. Throws DataError when a weight is negative or all are zero.
std::vector<std::vector<int64_t>> stratified_split(const Dataset& dataset, const Split& split,
                                                   const std::vector<double>& weights,
                                                   uint64_t seed);

// What a search trains on: `train_images` and `valid_images` images, disjoint, both from the
// dataset's train and valid splits, never from its test split; resized to `input_size` (area mean).
// A dataset's own valid split serves the reward where it is large enough; otherwise valid images
// are held out from train. train_images <= 0: all that is left. Throws DataError when the dataset
// has too few images.
Dataset proxy_split(const Dataset& dataset, int64_t train_images, int64_t valid_images,
                    int64_t input_size, uint64_t seed);

// Every image resized to size x size (aspect kept, centre-cropped). A copy.
Dataset resized(const Dataset& dataset, int64_t size);

}  // namespace nas::data
