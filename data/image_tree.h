// A folder of images with one folder for each class, or train/, valid/ and test/ folders of such.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nas::data {

struct ImageFile {
  std::string name;  // relative to the root, with '/'
  int64_t label = 0;
};

struct ImageTree {
  std::filesystem::path root;
  std::vector<std::string> class_names;  // sorted
  bool has_splits = false;               // without: all files are in `train`
  std::vector<ImageFile> train;          // sorted by class, then name
  std::vector<ImageFile> valid;
  std::vector<ImageFile> test;
};

// True when a folder in `root` holds an image. Looks at a limited number of entries.
bool looks_like_image_tree(const std::filesystem::path& root);

// Throws DataError: no folder, fewer than two classes, a class without images.
ImageTree read_image_tree(const std::filesystem::path& root);

}  // namespace nas::data
