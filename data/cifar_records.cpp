#include "data/cifar_records.h"

#include <fstream>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;

namespace {

constexpr int64_t kPlane = kCifarSide * kCifarSide;

void check_size(const CifarFile& file, int64_t record_bytes) {
  std::error_code error;
  if (!fs::is_regular_file(file.path, error)) {
    throw DataError({.where = "cifar", .what = "no such file: " + file.path.string()});
  }
  const auto size = static_cast<int64_t>(fs::file_size(file.path));
  if (size % record_bytes != 0) {
    throw DataError({.where = "cifar",
                     .what = file.path.string() + " is cut short or of another format",
                     .got = common::with_commas(size) + " bytes",
                     .expected = "a multiple of " + std::to_string(record_bytes)});
  }
  if (size / record_bytes != file.records) {
    throw DataError({.where = "cifar",
                     .what = file.path.string() + " has the wrong number of images",
                     .got = common::with_commas(size / record_bytes),
                     .expected = common::with_commas(file.records)});
  }
}

}  // namespace

void append_cifar_file(const CifarFile& file, Split& split) {
  const int64_t record_bytes = file.label_bytes + 3 * kPlane;
  check_size(file, record_bytes);
  std::ifstream stream(file.path, std::ios::binary);
  std::vector<char> record(static_cast<size_t>(record_bytes));
  const std::string stem = file.path.stem().string();
  std::vector<uint8_t> pixels = split.images.take();
  const size_t start = pixels.size();
  pixels.resize(start + static_cast<size_t>(file.records * 3 * kPlane));
  uint8_t* image = pixels.data() + start;
  for (int64_t i = 0; i < file.records; ++i) {
    if (!stream.read(record.data(), static_cast<std::streamsize>(record.size()))) {
      throw DataError({.where = "cifar", .what = "cannot read " + file.path.string()});
    }
    const auto* bytes = reinterpret_cast<const uint8_t*>(record.data());
    const int64_t label = bytes[file.label_bytes - 1];
    if (label >= file.classes) {
      throw DataError({.where = "cifar",
                       .what = "a label of " + file.path.string() + " is out of range",
                       .got = std::to_string(label) + " in record " + std::to_string(i),
                       .expected = "0.." + std::to_string(file.classes - 1)});
    }
    const uint8_t* planes = bytes + file.label_bytes;
    for (int64_t pixel = 0; pixel < kPlane; ++pixel) {
      for (int64_t channel = 0; channel < 3; ++channel) {
        *image++ = planes[channel * kPlane + pixel];
      }
    }
    split.labels.push_back(label);
    split.ids.push_back(stem + "/" + std::to_string(i));
  }
  split.images = std::move(pixels);
}

fs::path cifar_folder(const fs::path& from, const std::string& folder, const std::string& marker) {
  std::error_code error;
  for (const fs::path& candidate : {from, from / folder}) {
    if (fs::is_regular_file(candidate / marker, error)) return candidate;
  }
  return {};
}

std::vector<std::string> read_class_names(const fs::path& path, size_t count) {
  std::vector<std::string> names;
  for (const std::string& line : common::split(common::read_file(path), '\n')) {
    if (const std::string name = common::trim(line); !name.empty()) names.push_back(name);
  }
  if (names.size() != count) {
    throw DataError({.where = "cifar",
                     .what = "wrong number of class names in " + path.string(),
                     .got = std::to_string(names.size()),
                     .expected = std::to_string(count)});
  }
  return names;
}

}  // namespace nas::data
