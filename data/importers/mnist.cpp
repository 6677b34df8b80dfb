// MNIST and its drop-in replacements (Fashion-MNIST, KMNIST): four idx files, plain or gzipped.
#include <zlib.h>

#include <memory>

#include "common/error.h"
#include "data/importer.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;

namespace {

constexpr int64_t kClasses = 10;
constexpr size_t kPieceBytes = size_t{1} << 20;

// The file under any of the names that are in use; empty when there is none.
fs::path find_idx(const fs::path& folder, const std::string& base, const std::string& rank) {
  std::error_code error;
  for (const char* separator : {"-", "."}) {
    for (const char* ending : {"", ".gz"}) {
      const fs::path path = folder / (base + separator + rank + "-ubyte" + ending);
      if (fs::is_regular_file(path, error)) return path;
    }
  }
  return {};
}

bool recognises(const fs::path& from) {
  return !find_idx(from, "train-images", "idx3").empty() &&
         !find_idx(from, "train-labels", "idx1").empty();
}

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};

std::vector<uint8_t> read_unzipped(const fs::path& path) {
  const std::unique_ptr<gzFile_s, CloseGzip> file(gzopen(path.c_str(), "rb"));
  if (!file) throw DataError({.where = "mnist", .what = "cannot read " + path.string()});
  std::vector<uint8_t> bytes;
  for (;;) {
    const size_t start = bytes.size();
    bytes.resize(start + kPieceBytes);
    const int count = gzread(file.get(), bytes.data() + start, static_cast<unsigned>(kPieceBytes));
    bytes.resize(start + static_cast<size_t>(count > 0 ? count : 0));
    if (count < 0) {
      int code = 0;
      const char* reason = gzerror(file.get(), &code);
      throw DataError({.where = "mnist",
                       .what = path.string() + " is damaged",
                       .got = reason != nullptr ? reason : ""});
    }
    if (count == 0) return bytes;
  }
}

int64_t big_endian(const std::vector<uint8_t>& bytes, size_t at) {
  return int64_t{bytes[at]} << 24 | int64_t{bytes[at + 1]} << 16 | int64_t{bytes[at + 2]} << 8 |
         int64_t{bytes[at + 3]};
}

// An idx file of bytes: 0, 0, 8, the rank, one 4-byte size for each dimension, then the values.
struct Idx {
  std::vector<int64_t> shape;
  std::vector<uint8_t> values;
};

Idx read_idx(const fs::path& folder, const std::string& base, size_t rank) {
  const std::string kind = "idx" + std::to_string(rank);
  const fs::path path = find_idx(folder, base, kind);
  if (path.empty()) {
    throw DataError({.where = "mnist",
                     .what = "no " + base + "-" + kind + "-ubyte in " + folder.string(),
                     .expected = "the four files of MNIST, plain or with .gz"});
  }
  std::vector<uint8_t> bytes = read_unzipped(path);
  const size_t header = 4 + 4 * rank;
  if (bytes.size() < header || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 ||
      bytes[3] != rank) {
    throw DataError({.where = "mnist", .what = path.string() + " is no idx file of bytes"});
  }
  Idx idx;
  int64_t expected = 1;
  for (size_t i = 0; i < rank; ++i) {
    idx.shape.push_back(big_endian(bytes, 4 + 4 * i));
    if (i > 0 && (idx.shape[i] < 1 || idx.shape[i] > 4096)) {
      throw DataError({.where = "mnist",
                       .what = path.string() + " has images of an impossible size",
                       .got = std::to_string(idx.shape[i])});
    }
    expected *= idx.shape[i];
  }
  if (static_cast<int64_t>(bytes.size() - header) != expected) {
    throw DataError({.where = "mnist",
                     .what = path.string() + " is cut short or of another format",
                     .got = std::to_string(bytes.size() - header) + " values",
                     .expected = std::to_string(expected)});
  }
  idx.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return idx;
}

Split read_split(const fs::path& folder, const std::string& base, Dataset& dataset) {
  const Idx images = read_idx(folder, base + "-images", 3);
  const Idx labels = read_idx(folder, base + "-labels", 1);
  if (dataset.height == 0) {
    dataset.height = images.shape[1];
    dataset.width = images.shape[2];
  }
  if (images.shape[0] != labels.shape[0] || images.shape[1] != dataset.height ||
      images.shape[2] != dataset.width) {
    throw DataError({.where = "mnist",
                     .what = "the files of " + folder.string() + " do not fit together",
                     .got = std::to_string(images.shape[0]) + " images, " +
                            std::to_string(labels.shape[0]) + " labels of " + base});
  }
  Split split;
  std::vector<uint8_t> pixels;
  pixels.reserve(images.values.size() * 3);
  for (const uint8_t grey : images.values) pixels.insert(pixels.end(), 3, grey);
  split.images = std::move(pixels);
  for (const uint8_t label : labels.values) {
    split.ids.push_back(base + "/" + std::to_string(split.labels.size()));
    split.labels.push_back(label);
  }
  return split;
}

ImportReport run(const ImportRequest& request) {
  Dataset dataset;
  dataset.name = request.name;
  for (int64_t digit = 0; digit < kClasses; ++digit) {
    dataset.class_names.push_back(std::to_string(digit));
  }
  dataset.provenance =
      "MNIST format (Y. LeCun, C. Cortes, C. Burges), imported from " + request.from.string();
  dataset.train = read_split(request.from, "train", dataset);
  dataset.test = read_split(request.from, "t10k", dataset);
  check(dataset, request.from.string());
  if (request.size > 0) dataset = resized(dataset, request.size);
  return {.dataset = std::move(dataset), .skipped = {}};
}

}  // namespace

const common::Register<Importer> kRegister{
    {.name = "mnist",
     .summary = "MNIST and its replacements: four idx files, plain or gzipped; grey becomes RGB",
     .recognises = recognises,
     .run = run}};

}  // namespace nas::data
