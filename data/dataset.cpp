#include "data/dataset.h"

#include <string_view>
#include <unordered_set>
#include <utility>

#include "common/error.h"

namespace nas::data {

namespace {

using common::DataError;

void check_header(const Dataset& dataset, const std::string& where) {
  if (dataset.class_names.empty()) {
    throw DataError({.where = where, .what = "the dataset has no classes"});
  }
  std::unordered_set<std::string_view> names;
  for (const std::string& name : dataset.class_names) {
    if (name.empty() || !names.insert(name).second) {
      throw DataError({.where = where,
                       .what = "class names must be different and not empty",
                       .got = "'" + name + "'"});
    }
  }
  if (dataset.height < 1 || dataset.width < 1 || dataset.channels != 3) {
    throw DataError({.where = where,
                     .what = "images of an impossible shape",
                     .got = std::to_string(dataset.height) + "x" + std::to_string(dataset.width) +
                            " with " + std::to_string(dataset.channels) + " channels",
                     .expected = "at least 1x1 with 3 channels (RGB)"});
  }
}

void check_labels(const Dataset& dataset, const Split& split, const std::string& where) {
  const bool single = dataset.task == Task::kSingleLabel;
  const size_t labels = single ? split.ids.size() : 0;
  const size_t matrix = single ? 0 : split.ids.size() * dataset.class_names.size();
  if (split.labels.size() != labels || split.label_matrix.size() != matrix) {
    throw DataError({.where = where,
                     .what = "the labels do not fit the images",
                     .got = std::to_string(split.labels.size()) + " labels, " +
                            std::to_string(split.label_matrix.size()) + " values of several labels",
                     .expected = std::to_string(labels) + " and " + std::to_string(matrix)});
  }
  for (size_t i = 0; i < split.labels.size(); ++i) {
    if (split.labels[i] >= 0 && split.labels[i] < dataset.class_count()) continue;
    throw DataError({.where = where,
                     .what = "a label is out of range, of image " + split.ids[i],
                     .got = std::to_string(split.labels[i]),
                     .expected = "0.." + std::to_string(dataset.class_count() - 1)});
  }
  for (size_t i = 0; i < split.label_matrix.size(); ++i) {
    if (split.label_matrix[i] <= 1) continue;
    throw DataError(
        {.where = where,
         .what = "a label is out of range, of image " + split.ids[i / dataset.class_names.size()],
         .got = std::to_string(int{split.label_matrix[i]}),
         .expected = "0 or 1"});
  }
}

}  // namespace

std::string task_text(Task task) {
  return task == Task::kSingleLabel ? "single-label" : "multi-label";
}

void check(const Dataset& dataset, const std::string& where) {
  check_header(dataset, where);
  std::unordered_set<std::string_view> ids;
  for (const Split* split : {&dataset.train, &dataset.valid, &dataset.test}) {
    const size_t expected = split->ids.size() * static_cast<size_t>(dataset.image_bytes());
    if (split->images.size() != expected) {
      throw DataError({.where = where,
                       .what = "the bytes of the images do not fit their number",
                       .got = std::to_string(split->images.size()),
                       .expected = std::to_string(expected)});
    }
    check_labels(dataset, *split, where);
    for (const std::string& id : split->ids) {
      if (!ids.insert(id).second) {
        throw DataError({.where = where, .what = "two images have the same id", .got = id});
      }
    }
  }
}

Split take(const Dataset& dataset, const Split& split, const std::vector<int64_t>& indices) {
  const int64_t bytes = dataset.image_bytes();
  const int64_t classes = dataset.class_count();
  Split taken;
  std::vector<uint8_t> pixels;
  pixels.reserve(indices.size() * static_cast<size_t>(bytes));
  taken.ids.reserve(indices.size());
  for (const int64_t index : indices) {
    if (index < 0 || index >= split.count()) {
      throw common::InternalError({.where = "take",
                                   .what = "no such image",
                                   .got = std::to_string(index),
                                   .expected = "below " + std::to_string(split.count())});
    }
    const auto image = split.images.begin() + index * bytes;
    pixels.insert(pixels.end(), image, image + bytes);
    taken.ids.push_back(split.ids[static_cast<size_t>(index)]);
    if (dataset.task == Task::kSingleLabel) {
      taken.labels.push_back(split.labels[static_cast<size_t>(index)]);
    } else {
      const auto row = split.label_matrix.begin() + index * classes;
      taken.label_matrix.insert(taken.label_matrix.end(), row, row + classes);
    }
  }
  taken.images = std::move(pixels);
  return taken;
}

}  // namespace nas::data
