#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "data/dataset.h"
#include "data/image_codec.h"

namespace nas::data {

namespace {

using common::with_commas;

Dataset without_images(const Dataset& dataset) {
  return {.name = dataset.name,
          .task = dataset.task,
          .class_names = dataset.class_names,
          .height = dataset.height,
          .width = dataset.width,
          .channels = dataset.channels,
          .provenance = dataset.provenance,
          .synthetic = dataset.synthetic,
          .train = {},
          .valid = {},
          .test = {}};
}

[[noreturn]] void throw_too_few(const Dataset& dataset, int64_t train_images,
                                int64_t valid_images) {
  throw common::DataError(
      {.where = "dataset " + dataset.name,
       .what = "too few images",
       .got = with_commas(dataset.train.count()) + " training and " +
              with_commas(dataset.valid.count()) + " validation images",
       .expected = with_commas(std::max<int64_t>(train_images, 1)) + " to train on and " +
                   with_commas(std::max<int64_t>(valid_images, 1)) + " held out",
       .hint = "fewer images"});
}

// What is left of `split` beside `held_out` (ascending), and the places it had: labels and ids
// only.
struct Remainder {
  Split split;
  std::vector<int64_t> places;
};

Remainder remainder_of(const Dataset& dataset, const Split& split,
                       const std::vector<int64_t>& held_out) {
  Remainder remainder;
  for (int64_t i = 0; i < split.count(); ++i) {
    if (std::binary_search(held_out.begin(), held_out.end(), i)) continue;
    remainder.places.push_back(i);
    remainder.split.ids.push_back(split.ids[static_cast<size_t>(i)]);
    if (dataset.task == Task::kSingleLabel) {
      remainder.split.labels.push_back(split.labels[static_cast<size_t>(i)]);
    }
  }
  return remainder;
}

Split resized_split(const Dataset& dataset, const Split& split, int64_t size) {
  Split small;
  small.labels = split.labels;
  small.label_matrix = split.label_matrix;
  small.ids = split.ids;
  std::vector<uint8_t> pixels;
  pixels.reserve(split.ids.size() * static_cast<size_t>(size * size * dataset.channels));
  Image image = {.height = dataset.height, .width = dataset.width, .pixels = {}};
  for (int64_t i = 0; i < split.count(); ++i) {
    const auto first = split.images.begin() + i * dataset.image_bytes();
    image.pixels.assign(first, first + dataset.image_bytes());
    const Image cut = resize_and_crop(image, size);
    pixels.insert(pixels.end(), cut.pixels.begin(), cut.pixels.end());
  }
  small.images = std::move(pixels);
  return small;
}

}  // namespace

Dataset proxy_split(const Dataset& dataset, int64_t train_images, int64_t valid_images,
                    int64_t input_size, uint64_t seed) {
  if (valid_images < 1) throw_too_few(dataset, train_images, valid_images);
  const int64_t wanted = std::max<int64_t>(train_images, 1);
  Dataset proxy = without_images(dataset);
  if (dataset.valid.count() >= valid_images) {
    if (dataset.train.count() < wanted) throw_too_few(dataset, train_images, valid_images);
    proxy.valid = take(dataset, dataset.valid,
                       stratified_indices(dataset, dataset.valid, valid_images, seed));
    proxy.train = take(dataset, dataset.train,
                       stratified_indices(dataset, dataset.train, train_images, seed));
  } else {
    if (dataset.train.count() < wanted + valid_images) {
      throw_too_few(dataset, train_images, valid_images);
    }
    const auto held_out = stratified_indices(dataset, dataset.train, valid_images, seed);
    const Remainder left = remainder_of(dataset, dataset.train, held_out);
    std::vector<int64_t> chosen = stratified_indices(dataset, left.split, train_images, seed);
    for (int64_t& index : chosen) index = left.places[static_cast<size_t>(index)];
    proxy.valid = take(dataset, dataset.train, held_out);
    proxy.train = take(dataset, dataset.train, chosen);
  }
  if (input_size < 1 || (proxy.height == input_size && proxy.width == input_size)) return proxy;
  return resized(proxy, input_size);
}

Dataset resized(const Dataset& dataset, int64_t size) {
  if (dataset.height == size && dataset.width == size) return dataset;
  Dataset small = without_images(dataset);
  small.height = size;
  small.width = size;
  small.train = resized_split(dataset, dataset.train, size);
  small.valid = resized_split(dataset, dataset.valid, size);
  small.test = resized_split(dataset, dataset.test, size);
  return small;
}

}  // namespace nas::data
