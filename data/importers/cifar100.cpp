// CIFAR-100, binary version, with its 100 fine labels: https://www.cs.toronto.edu/~kriz/cifar.html
#include "common/error.h"
#include "data/cifar_records.h"
#include "data/importer.h"

namespace nas::data {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kClasses = 100;
constexpr const char* kNamesFile = "fine_label_names.txt";

// train.bin is a common name, so the file with the class names tells the format.
fs::path folder_of(const fs::path& from) {
  return cifar_folder(from, "cifar-100-binary", kNamesFile);
}

bool recognises(const fs::path& from) { return !folder_of(from).empty(); }

void append(const fs::path& path, int64_t records, Split& split) {
  append_cifar_file({.path = path, .records = records, .label_bytes = 2, .classes = kClasses},
                    split);
}

ImportReport run(const ImportRequest& request) {
  const fs::path folder = folder_of(request.from);
  if (folder.empty()) {
    throw common::DataError({.where = "cifar100",
                             .what = "no fine_label_names.txt in " + request.from.string(),
                             .expected = "the folder cifar-100-binary, or one that holds it"});
  }
  Dataset dataset;
  dataset.name = request.name;
  dataset.height = kCifarSide;
  dataset.width = kCifarSide;
  dataset.class_names = read_class_names(folder / kNamesFile, kClasses);
  dataset.provenance =
      "CIFAR-100 (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009), "
      "imported from " +
      folder.string();
  append(folder / "train.bin", 50000, dataset.train);
  append(folder / "test.bin", 10000, dataset.test);
  if (request.size > 0) dataset = resized(dataset, request.size);
  return {.dataset = std::move(dataset), .skipped = {}};
}

}  // namespace

const common::Register<Importer> kRegister{
    {.name = "cifar100",
     .summary = "CIFAR-100 with its 100 fine labels, binary version: the folder cifar-100-binary",
     .recognises = recognises,
     .run = run}};

}  // namespace nas::data
