// The other half of dataset_file.cpp, which reads.
#include <functional>
#include <system_error>

#include "common/error.h"
#include "common/file.h"
#include "common/json.h"
#include "data/content_digest.h"
#include "data/dataset_file.h"
#include "data/encoded_images.h"
#include "data/hdf5.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::SystemError;
using hdf5::Element;

namespace {

constexpr hsize_t kChunkImages = 256;

struct NamedSplit {
  const char* name;
  Split Dataset::*member;
};
constexpr NamedSplit kSplits[] = {
    {"train", &Dataset::train}, {"valid", &Dataset::valid}, {"test", &Dataset::test}};

// Writes the images of a split into its group, in one way or the other.
using WriteImages = std::function<void(hid_t group, Split Dataset::*split)>;

void write_pixels(hid_t group, const Dataset& dataset, const Split& split, Storage storage) {
  const auto side = [](int64_t number) { return static_cast<hsize_t>(number); };
  hdf5::write_array(
      group, "images", Element::kUint8,
      {split.ids.size(), side(dataset.height), side(dataset.width), side(dataset.channels)},
      split.images.data(), storage == Storage::kPlain ? 0 : kChunkImages);
}

void write_labels(hid_t group, const Dataset& dataset, const Split& split) {
  const hsize_t count = split.ids.size();
  if (dataset.task == Task::kSingleLabel) {
    hdf5::write_array(group, "labels", Element::kInt64, {count}, split.labels.data(), count);
  } else {
    hdf5::write_array(group, "labels", Element::kUint8, {count, dataset.class_names.size()},
                      split.label_matrix.data(), count);
  }
}

void write_content(hid_t file, const Dataset& dataset, const WriteImages& write_images) {
  const common::Json names = dataset.class_names;
  hdf5::write_text(file, "format", kDatasetFormat);
  hdf5::write_integer(file, "version", kDatasetVersion);
  hdf5::write_text(file, "name", dataset.name);
  hdf5::write_text(file, "task", task_text(dataset.task));
  hdf5::write_text(file, "class_names",
                   names.dump(-1, ' ', false, common::Json::error_handler_t::replace));
  hdf5::write_text(file, "provenance", dataset.provenance);
  hdf5::write_integer(file, "synthetic", dataset.synthetic ? 1 : 0);
  for (const NamedSplit& split : kSplits) {
    const hdf5::Handle group = hdf5::create_group(file, split.name);
    write_images(group.id(), split.member);
    write_labels(group.id(), dataset, dataset.*split.member);
    hdf5::write_texts(group.id(), "ids", (dataset.*split.member).ids);
  }
  hdf5::write_text(file, "sha256",
                   content_digest(dataset));  // encoding may have changed the images
}

void write_container(const fs::path& path, const Dataset& dataset,
                     const WriteImages& write_images) {
  hdf5::Handle file = hdf5::create_file(path);
  try {
    write_content(file.id(), dataset, write_images);
    hdf5::require(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), "writing what is left");
  } catch (...) {
    // Closing would try to write again, fail again, and leave HDF5 with a handle of freed memory.
    file.abandon();
    throw;
  }
  file.close();
}

void publish(const fs::path& path, const Dataset& dataset, const WriteImages& write_images) {
  check(dataset, path.string());
  common::require_writable(path);
  const fs::path temporary = common::temporary_beside(path);
  try {
    write_container(temporary, dataset, write_images);
  } catch (const std::exception& failure) {
    // The abandoned handle would keep the space of a file that is only removed.
    std::error_code error;
    fs::resize_file(temporary, 0, error);
    fs::remove(temporary, error);
    throw SystemError({.where = "file",
                       .what = "cannot write " + path.string(),
                       .got = failure.what(),
                       .hint = "more free disk space, or another folder"});
  }
  common::publish_file(temporary, path);
  common::remove_stale_temporaries(path.parent_path(), /*below=*/false);
}

}  // namespace

void write_dataset(const fs::path& path, const Dataset& dataset, Storage storage) {
  publish(path, dataset, [&](hid_t group, Split Dataset::*split) {
    write_pixels(group, dataset, dataset.*split, storage);
  });
}

void write_dataset(const fs::path& path, Dataset& dataset, Encoding encoding) {
  if (encoding == Encoding::kNone) return write_dataset(path, dataset);
  publish(path, dataset, [&](hid_t group, Split Dataset::*split) {
    write_encoded(group, dataset, dataset.*split, encoding);
  });
}

}  // namespace nas::data
