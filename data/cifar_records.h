// The binary records of CIFAR-10 and CIFAR-100: label bytes, then 1024 red, 1024 green and 1024
// blue bytes of a 32x32 image, row by row.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace nas::data {

inline constexpr int64_t kCifarSide = 32;

struct CifarFile {
  std::filesystem::path path;
  int64_t records = 0;      // that it must have
  int64_t label_bytes = 1;  // 1 or 2; the last one is the label
  int64_t classes = 0;
};

// Appends the images of a file to a split; ids are "data_batch_1/17". Throws DataError: missing,
// cut short, another number of records, a label out of range.
void append_cifar_file(const CifarFile& file, Split& split);

// `from` itself or its subfolder `folder`, whichever holds a file `marker`; empty when neither
// does.
std::filesystem::path cifar_folder(const std::filesystem::path& from, const std::string& folder,
                                   const std::string& marker);

// The lines of a text file that are not empty. Throws DataError when there are not `count` of them.
std::vector<std::string> read_class_names(const std::filesystem::path& path, size_t count);

}  // namespace nas::data
