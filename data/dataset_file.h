// The dataset container: HDF5, read and written by one thread (HDF5's thread safety is one lock).
//
//   root attributes  format="nas-dataset", version=1, name, task, class_names (JSON list),
//                    provenance, synthetic (0 or 1), sha256 (of the images and labels)
//   train|valid|test images uint8 [N,H,W,C] (chunked, deflate 1; or plain), or encoded
//   (variable-length uint8)
//                    [N] and crc32 int64 [N]; labels int64 [N] or uint8 [N,K]; ids (variable-length
//                    strings) [N]
#pragma once

#include <filesystem>
#include <string>

#include "data/dataset.h"
#include "data/image_codec.h"

namespace nas::data {

inline constexpr const char* kDatasetFormat = "nas-dataset";
inline constexpr int kDatasetVersion = 1;

// Atomic: the file appears whole or not at all. Throws SystemError (disk full). A plain file can be
// mapped, a compressed one is smaller.
enum class Storage { kCompressed, kPlain };
void write_dataset(const std::filesystem::path& path, const Dataset& dataset,
                   Storage storage = Storage::kCompressed);

// The same with encoded images. The pixels of `dataset` become those that a reader gets (JPEG
// changes them), and `sha256` is of these.
void write_dataset(const std::filesystem::path& path, Dataset& dataset, Encoding encoding);

// Encoded images are decoded. Throws DataError: missing, truncated, not HDF5, another format or
// version, sizes that disagree, a damaged image.
Dataset read_dataset(const std::filesystem::path& path);

// The same; but the images of a plain file are mapped, so that the processes of a host share them.
// The file must stay as it is meanwhile; another may take its place. Its digest is checked.
Dataset map_dataset(const std::filesystem::path& path);

// The images of all splits as they are stored, in their order; empty when these are pixels. Throws
// what read_dataset() throws, but does not look into the images.
std::vector<std::vector<uint8_t>> read_encoded_dataset(const std::filesystem::path& path);

// Everything but the images: counts, classes, sizes. Cheap.
struct DatasetInfo {
  Dataset header;  // with empty splits
  int64_t train = 0;
  int64_t valid = 0;
  int64_t test = 0;
  std::string sha256;               // digest of the content, stored in the file
  std::string encoding = "pixels";  // or "png", "jpeg", "encoded": as the first image is stored
};
DatasetInfo read_dataset_info(const std::filesystem::path& path);

}  // namespace nas::data
