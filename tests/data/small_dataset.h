// Small datasets of noise, which does not compress, and small MNIST folders.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/file.h"
#include "common/random.h"
#include "data/dataset.h"

namespace nas::tests {

inline void check_same(const data::Split& read, const data::Split& written) {
  CHECK(read.images == written.images);
  CHECK(read.labels == written.labels);
  CHECK(read.label_matrix == written.label_matrix);
  CHECK(read.ids == written.ids);
}

inline data::Split noise_split(const data::Dataset& dataset, int64_t per_class,
                               const std::string& name) {
  data::Split split;
  std::vector<uint8_t> pixels;
  common::RandomStream random({.purpose = name});
  for (int64_t i = 0; i < per_class * dataset.class_count(); ++i) {
    const int64_t label = i % dataset.class_count();
    split.ids.push_back(name + "/" + std::to_string(i));
    if (dataset.task == data::Task::kSingleLabel) split.labels.push_back(label);
    for (int64_t k = 0; dataset.task == data::Task::kMultiLabel && k < dataset.class_count(); ++k) {
      split.label_matrix.push_back(k == label || random.chance(0.3) ? 1 : 0);
    }
    for (int64_t b = 0; b < dataset.image_bytes(); ++b) {
      pixels.push_back(static_cast<uint8_t>(random.next() & 255));
    }
  }
  split.images = std::move(pixels);
  return split;
}

// Three classes, in turn; images in train, valid and test for each class as given.
inline data::Dataset noise_dataset(int64_t train = 10, int64_t valid = 2, int64_t test = 3,
                                   int64_t side = 8, data::Task task = data::Task::kSingleLabel) {
  data::Dataset dataset;
  dataset.name = "noise";
  dataset.task = task;
  dataset.class_names = {"beach", "harbor", "river"};
  dataset.height = side;
  dataset.width = side;
  dataset.provenance = "noise of a test";
  dataset.train = noise_split(dataset, train, "train");
  dataset.valid = noise_split(dataset, valid, "valid");
  dataset.test = noise_split(dataset, test, "test");
  return dataset;
}

inline std::string big_endian(int64_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<uint8_t>((number >> shift) & 255));
  }
  return bytes;
}

// An idx file of bytes; the values count up from 0 and start again at `modulus`.
inline std::string idx_file(const std::vector<int64_t>& shape, int64_t modulus) {
  std::string bytes = {'\0', '\0', '\x08', static_cast<char>(shape.size())};
  int64_t count = 1;
  for (const int64_t side : shape) {
    bytes += big_endian(side);
    count *= side;
  }
  for (int64_t i = 0; i < count; ++i) {
    bytes += static_cast<char>(static_cast<uint8_t>(i % modulus));
  }
  return bytes;
}

// 40 training and 20 test images of 6x5 pixels.
inline void write_small_mnist(const std::filesystem::path& folder) {
  const auto write = [&](const std::string& name, const std::string& bytes) {
    common::write_file_atomically(folder / name, bytes);
  };
  write("train-images-idx3-ubyte", idx_file({40, 6, 5}, 256));
  write("train-labels-idx1-ubyte", idx_file({40}, 10));
  write("t10k-images-idx3-ubyte", idx_file({20, 6, 5}, 251));
  write("t10k-labels-idx1-ubyte", idx_file({20}, 10));
}

}  // namespace nas::tests
