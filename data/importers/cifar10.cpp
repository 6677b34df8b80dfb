// CIFAR-10, binary version: https://www.cs.toronto.edu/~kriz/cifar.html
#include "common/error.h"
#include "data/cifar_records.h"
#include "data/importer.h"

namespace nas::data {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kRecords = 10000;
constexpr int64_t kClasses = 10;
constexpr const char* kTrainFiles[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                       "data_batch_4.bin", "data_batch_5.bin"};

fs::path folder_of(const fs::path& from) {
  return cifar_folder(from, "cifar-10-batches-bin", kTrainFiles[0]);
}

bool recognises(const fs::path& from) { return !folder_of(from).empty(); }

void append(const fs::path& path, Split& split) {
  append_cifar_file({.path = path, .records = kRecords, .label_bytes = 1, .classes = kClasses},
                    split);
}

ImportReport run(const ImportRequest& request) {
  const fs::path folder = folder_of(request.from);
  if (folder.empty()) {
    throw common::DataError({.where = "cifar10",
                             .what = "no data_batch_1.bin in " + request.from.string(),
                             .expected = "the folder cifar-10-batches-bin, or one that holds it"});
  }
  Dataset dataset;
  dataset.name = request.name;
  dataset.height = kCifarSide;
  dataset.width = kCifarSide;
  dataset.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                         "dog",      "frog",       "horse", "ship", "truck"};
  if (fs::exists(folder / "batches.meta.txt")) {
    dataset.class_names = read_class_names(folder / "batches.meta.txt", kClasses);
  }
  dataset.provenance =
      "CIFAR-10 (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009), "
      "imported from " +
      folder.string();
  for (const char* name : kTrainFiles) append(folder / name, dataset.train);
  append(folder / "test_batch.bin", dataset.test);
  if (request.size > 0) dataset = resized(dataset, request.size);
  return {.dataset = std::move(dataset), .skipped = {}};
}

}  // namespace

const common::Register<Importer> kRegister{
    {.name = "cifar10",
     .summary = "CIFAR-10, binary version: the folder cifar-10-batches-bin",
     .recognises = recognises,
     .run = run}};

}  // namespace nas::data
