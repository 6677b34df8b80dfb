#include "data/dataset_file.h"

#include <new>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/json.h"
#include "data/content_digest.h"
#include "data/encoded_images.h"
#include "data/hdf5.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;
using hdf5::Element;

namespace {

constexpr const char* kMakeAgain =
    "make the dataset again: nas data import, fetch or make, with --replace";

hsize_t unsigned_of(int64_t number) { return static_cast<hsize_t>(number); }

std::string shape_text(const std::vector<hsize_t>& shape) {
  std::string text;
  for (const hsize_t side : shape) text += (text.empty() ? "" : "x") + std::to_string(side);
  return text;
}

Task task_of(const std::string& text, const std::string& where) {
  for (const Task task : {Task::kSingleLabel, Task::kMultiLabel}) {
    if (text == task_text(task)) return task;
  }
  throw DataError({.where = where,
                   .what = "unknown task",
                   .got = "'" + text + "'",
                   .expected = "single-label or multi-label",
                   .hint = kMakeAgain});
}

void check_format(hid_t file, const std::string& where) {
  if (!hdf5::has_attribute(file, "format") || hdf5::read_text(file, "format") != kDatasetFormat) {
    throw DataError({.where = where,
                     .what = "an HDF5 file, but no dataset of nas",
                     .expected = "the attribute format = nas-dataset",
                     .hint = kMakeAgain});
  }
  const int64_t version = hdf5::read_integer(file, "version");
  if (version > kDatasetVersion) {
    throw DataError({.where = where,
                     .what = "this dataset was made by a newer nas",
                     .got = "version " + std::to_string(version),
                     .expected = "at most " + std::to_string(kDatasetVersion),
                     .hint = "a newer nas, or " + std::string(kMakeAgain)});
  }
  if (version < 1) {
    throw DataError({.where = where,
                     .what = "impossible version of a dataset",
                     .got = std::to_string(version),
                     .hint = kMakeAgain});
  }
}

std::vector<std::string> class_names_of(hid_t file, const std::string& where) {
  try {
    return common::parse_json(hdf5::read_text(file, "class_names"), where)
        .get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    throw DataError({.where = where,
                     .what = "the class names cannot be read",
                     .expected = "a JSON list of texts",
                     .hint = kMakeAgain});
  }
}

void require_shape(const std::vector<hsize_t>& shape, const std::vector<hsize_t>& expected,
                   const std::string& what, const std::string& where) {
  if (shape == expected) return;
  throw DataError({.where = where,
                   .what = what + " have the wrong shape",
                   .got = shape_text(shape),
                   .expected = shape_text(expected),
                   .hint = kMakeAgain});
}

bool is_encoded(hid_t group) {
  return !hdf5::has_array(group, "images") && hdf5::has_array(group, "encoded");
}

std::vector<hsize_t> shape_of_images(hid_t group, const std::string& name, bool encoded,
                                     const std::string& where) {
  const auto shape = hdf5::shape_of(group, encoded ? "encoded" : "images");
  if (shape.size() == (encoded ? 1U : 4U)) return shape;
  throw DataError({.where = where,
                   .what = name + (encoded ? "/encoded" : "/images") + " have the wrong shape",
                   .got = shape_text(shape),
                   .expected = encoded ? "number" : "number x height x width x 3",
                   .hint = kMakeAgain});
}

// The number of images of a split whose shapes fit together. The first split gives the size of the
// images; of encoded ones the first image does.
int64_t checked_count(hid_t file, const std::string& name, DatasetInfo& info,
                      const std::string& where) {
  Dataset& header = info.header;
  const hdf5::Handle group = hdf5::open_group(file, name);
  const bool encoded = is_encoded(group.id());
  const auto images = shape_of_images(group.id(), name, encoded, where);
  const hsize_t count = images[0];
  std::vector<hsize_t> labels = {count};
  if (header.task == Task::kMultiLabel) labels.push_back(header.class_names.size());
  require_shape(hdf5::shape_of(group.id(), "labels"), labels, name + "/labels", where);
  require_shape(hdf5::shape_of(group.id(), "ids"), {count}, name + "/ids", where);
  if (encoded) {
    if (count == 0 || header.height != 0) return static_cast<int64_t>(count);
    const FirstImage first = read_first_encoded(group.id(), where);
    header.height = first.height;
    header.width = first.width;
    info.encoding = first.encoding;
    return static_cast<int64_t>(count);
  }
  if (header.height == 0) {
    header.height = static_cast<int64_t>(images[1]);
    header.width = static_cast<int64_t>(images[2]);
    header.channels = static_cast<int64_t>(images[3]);
  }
  require_shape(
      images,
      {count, unsigned_of(header.height), unsigned_of(header.width), unsigned_of(header.channels)},
      name + "/images", where);
  return static_cast<int64_t>(count);
}

DatasetInfo read_info(hid_t file, const std::string& where) {
  check_format(file, where);
  DatasetInfo info;
  Dataset& header = info.header;
  header.name = hdf5::read_text(file, "name");
  header.task = task_of(hdf5::read_text(file, "task"), where);
  header.class_names = class_names_of(file, where);
  header.provenance = hdf5::read_text(file, "provenance");
  header.synthetic = hdf5::read_integer(file, "synthetic") != 0;
  if (hdf5::has_attribute(file, "sha256")) info.sha256 = hdf5::read_text(file, "sha256");
  info.train = checked_count(file, "train", info, where);
  info.valid = checked_count(file, "valid", info, where);
  info.test = checked_count(file, "test", info, where);
  if (header.height == 0) {
    throw DataError({.where = where, .what = "the dataset has no images", .hint = kMakeAgain});
  }
  return info;
}

Pixels read_pixels(hid_t group, size_t bytes, bool map, const std::string& where) {
  if (map) {
    if (const auto offset = hdf5::plain_bytes_at(group, "images"))
      return Pixels::mapped(where, *offset, bytes);
  }
  std::vector<uint8_t> pixels(bytes);
  hdf5::read_array(group, "images", Element::kUint8, pixels.data());
  return pixels;
}

Split read_split(hid_t file, const std::string& name, const Dataset& header, size_t count, bool map,
                 const std::string& where) {
  const hdf5::Handle group = hdf5::open_group(file, name);
  Split split;
  if (header.task == Task::kSingleLabel) {
    split.labels.resize(count);
    hdf5::read_array(group.id(), "labels", Element::kInt64, split.labels.data());
  } else {
    split.label_matrix.resize(count * header.class_names.size());
    hdf5::read_array(group.id(), "labels", Element::kUint8, split.label_matrix.data());
  }
  split.ids = hdf5::read_texts(group.id(), "ids");
  if (is_encoded(group.id())) {
    read_encoded(group.id(), header, split, where);
  } else {
    split.images =
        read_pixels(group.id(), count * static_cast<size_t>(header.image_bytes()), map, where);
  }
  return split;
}

// A damaged header may claim any size; deflate makes nothing more than about a thousand times
// smaller.
void require_plausible(const DatasetInfo& info, const fs::path& path) {
  const double images = static_cast<double>(info.train) + static_cast<double>(info.valid) +
                        static_cast<double>(info.test);
  const double bytes = images * static_cast<double>(info.header.height) *
                       static_cast<double>(info.header.width) *
                       static_cast<double>(info.header.channels);
  std::error_code error;
  const double file_bytes = static_cast<double>(fs::file_size(path, error));
  if (!error && bytes > 1100.0 * file_bytes) {
    throw DataError({.where = path.string(),
                     .what = "more images than the file can hold",
                     .got = std::to_string(static_cast<int64_t>(images)),
                     .hint = kMakeAgain});
  }
}

// Runs `function` on the opened file; what HDF5 does not like becomes a DataError.
template <class Function>
auto reading(const fs::path& path, const Function& function) {
  const std::string where = path.string();
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    throw DataError({.where = where, .what = "no such file", .hint = "nas list datasets"});
  }
  if (!hdf5::is_hdf5(path)) {
    throw DataError({.where = where,
                     .what = "not a dataset of nas, or damaged",
                     .expected = "an HDF5 file that nas made",
                     .hint = "nas data import, for images in folders and other formats"});
  }
  try {
    const hdf5::Handle file = hdf5::open_file(path);
    return function(file.id(), where);
  } catch (const hdf5::Failure& failure) {
    throw DataError({.where = where,
                     .what = "the dataset is damaged or cut short",
                     .got = failure.what(),
                     .hint = kMakeAgain});
  } catch (const std::bad_alloc&) {
    throw DataError({.where = where,
                     .what = "the dataset does not fit into memory",
                     .hint = "a smaller size of its images"});
  }
}

// With its images; `map`: those of a plain file are mapped.
DatasetInfo read_whole(const fs::path& path, bool map) {
  DatasetInfo whole = reading(path, [&](hid_t file, const std::string& where) {
    DatasetInfo info = read_info(file, where);
    require_plausible(info, path);
    Dataset& header = info.header;
    header.train = read_split(file, "train", header, static_cast<size_t>(info.train), map, where);
    header.valid = read_split(file, "valid", header, static_cast<size_t>(info.valid), map, where);
    header.test = read_split(file, "test", header, static_cast<size_t>(info.test), map, where);
    return info;
  });
  check(whole.header, path.string());
  return whole;
}

}  // namespace

Dataset read_dataset(const fs::path& path) { return read_whole(path, /*map=*/false).header; }

Dataset map_dataset(const fs::path& path) {
  DatasetInfo info = read_whole(path, /*map=*/true);
  // A plain file has no checksums of its own.
  if (const std::string digest = content_digest(info.header);
      !info.sha256.empty() && digest != info.sha256) {
    throw DataError({.where = path.string(),
                     .what = "the dataset is damaged: its content has another digest",
                     .got = digest,
                     .expected = info.sha256,
                     .hint = kMakeAgain});
  }
  return std::move(info.header);
}

std::vector<std::vector<uint8_t>> read_encoded_dataset(const fs::path& path) {
  return reading(path, [](hid_t file, const std::string& where) {
    const DatasetInfo info = read_info(file, where);
    std::vector<hdf5::Bytes> all;
    const std::pair<const char*, int64_t> splits[] = {
        {"train", info.train}, {"valid", info.valid}, {"test", info.test}};
    for (const auto& [name, count] : splits) {
      const hdf5::Handle group = hdf5::open_group(file, name);
      if (!is_encoded(group.id())) continue;
      const auto array = hdf5::open_byte_strings(group.id(), "encoded");
      for (auto& bytes : hdf5::read_byte_strings(array, 0, static_cast<hsize_t>(count)))
        all.push_back(std::move(bytes));
    }
    return all;
  });
}

DatasetInfo read_dataset_info(const fs::path& path) { return reading(path, &read_info); }

}  // namespace nas::data
