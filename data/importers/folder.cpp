// Photographs in folders: root/<class>/*.jpg, or root/{train,valid,test}/<class>/*.jpg.
#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "data/decode_images.h"
#include "data/image_tree.h"
#include "data/importer.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;

namespace {

constexpr int64_t kDefaultSize = 64;
constexpr size_t kSkippedPercent = 10;  // of the files; more is an error
constexpr size_t kSkippedShown = 3;

// Divides the files before they are decoded, so that each image is held once.
void divide(ImageTree& tree, const ImportRequest& request) {
  if (request.split.size() != 3) {
    throw DataError({.where = "folder",
                     .what = "a split needs three shares: train, valid, test",
                     .got = std::to_string(request.split.size())});
  }
  Dataset header;
  header.class_names = tree.class_names;
  Split all;
  for (const ImageFile& file : tree.train) {
    all.labels.push_back(file.label);
    all.ids.push_back(file.name);
  }
  const auto parts = stratified_split(header, all, request.split, request.seed);
  const std::vector<ImageFile> files = std::move(tree.train);
  std::vector<ImageFile>* splits[] = {&tree.train, &tree.valid, &tree.test};
  for (size_t p = 0; p < parts.size(); ++p) {
    splits[p]->clear();
    for (const int64_t index : parts[p]) splits[p]->push_back(files[static_cast<size_t>(index)]);
  }
}

void check_skipped(const fs::path& root, const std::vector<std::string>& skipped, size_t files) {
  if (skipped.size() * 100 <= kSkippedPercent * files) return;
  std::vector<std::string> shown = skipped;
  shown.resize(std::min(kSkippedShown, shown.size()));
  throw DataError({.where = "folder",
                   .what = "too many images of " + root.string() + " cannot be read",
                   .got = std::to_string(skipped.size()) + " of " + std::to_string(files) +
                          ", such as " + common::join(shown, "; "),
                   .expected = "at most " + std::to_string(kSkippedPercent) + " %"});
}

void check_decoded(const Dataset& dataset) {
  std::vector<bool> has_images(dataset.class_names.size());
  for (const Split* split : {&dataset.train, &dataset.valid, &dataset.test}) {
    for (const int64_t label : split->labels) has_images[static_cast<size_t>(label)] = true;
  }
  for (size_t label = 0; label < has_images.size(); ++label) {
    if (has_images[label]) continue;
    throw DataError({.where = "folder",
                     .what = "no image of class " + dataset.class_names[label] + " can be read"});
  }
}

ImportReport run(const ImportRequest& request) {
  ImageTree tree = read_image_tree(request.from);
  const size_t files = tree.train.size() + tree.valid.size() + tree.test.size();
  if (!tree.has_splits) divide(tree, request);
  ImportReport report;
  Dataset& dataset = report.dataset;
  dataset.name = request.name;
  dataset.class_names = tree.class_names;
  dataset.height = request.size > 0 ? request.size : kDefaultSize;
  dataset.width = dataset.height;
  dataset.provenance = "images in folders, imported from " + request.from.string();
  dataset.train = decode_images(tree.root, tree.train, dataset.height, report.skipped);
  dataset.valid = decode_images(tree.root, tree.valid, dataset.height, report.skipped);
  dataset.test = decode_images(tree.root, tree.test, dataset.height, report.skipped);
  check_skipped(request.from, report.skipped, files);
  check_decoded(dataset);
  return report;
}

}  // namespace

const common::Register<Importer> kRegister{
    {.name = "folder",
     .summary = "Images with one folder for each class, with or without train, valid and test",
     .recognises = looks_like_image_tree,
     .run = run}};

}  // namespace nas::data
