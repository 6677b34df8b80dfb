#include "data/image_tree.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/error.h"
#include "common/text.h"
#include "data/image_codec.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;

namespace {

constexpr int kEntriesToLookAt = 1000;
constexpr auto kSkipDenied = fs::directory_options::skip_permission_denied;

// The folders that make up each split; a layout with other folders beside them is one of classes.
const std::map<std::string, std::vector<ImageFile> ImageTree::*>& split_folders() {
  static const std::map<std::string, std::vector<ImageFile> ImageTree::*> folders = {
      {"train", &ImageTree::train},
      {"valid", &ImageTree::valid},
      {"val", &ImageTree::valid},
      {"validation", &ImageTree::valid},
      {"test", &ImageTree::test}};
  return folders;
}

// Hidden files, and what archives from macOS bring along.
bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return common::starts_with(name, ".") || name == "__MACOSX";
}

std::vector<std::string> sorted_folders(const fs::path& parent) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, kSkipDenied, error)) {
    if (entry.is_directory(error) && !is_hidden(entry.path())) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_split_layout(const std::vector<std::string>& folders) {
  if (std::find(folders.begin(), folders.end(), "train") == folders.end()) return false;
  return std::all_of(folders.begin(), folders.end(),
                     [](const std::string& name) { return split_folders().count(name) > 0; });
}

bool holds_image(const fs::path& folder) {
  std::error_code error;
  int seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder, kSkipDenied, error)) {
    if (is_image_name(entry.path()) && !is_hidden(entry.path())) return true;
    if (++seen >= kEntriesToLookAt) break;
  }
  return false;
}

// The names of the images below root/folder, relative to the root, sorted.
std::vector<std::string> sorted_images(const fs::path& root, const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entry(root / folder, kSkipDenied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (is_image_name(entry->path()) && entry->is_regular_file(ignored)) {
      names.push_back(entry->path().lexically_relative(root).generic_string());
    }
  }
  if (error) {
    throw DataError({.where = "folder",
                     .what = "cannot list " + (root / folder).string(),
                     .got = error.message()});
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Adds the images of all classes below root/parent; a split need not have each class.
void add_classes(ImageTree& tree, const fs::path& parent, std::vector<ImageFile>& files) {
  for (size_t label = 0; label < tree.class_names.size(); ++label) {
    const fs::path folder = parent / tree.class_names[label];
    std::error_code error;
    if (!fs::is_directory(tree.root / folder, error)) continue;
    for (std::string& name : sorted_images(tree.root, folder)) {
      files.push_back({.name = std::move(name), .label = static_cast<int64_t>(label)});
    }
  }
}

void check_classes(const ImageTree& tree) {
  if (tree.class_names.size() < 2) {
    throw DataError({.where = "folder",
                     .what = "too few classes in " + tree.root.string(),
                     .got = std::to_string(tree.class_names.size()) + " folders",
                     .expected = "at least two, one for each class"});
  }
  std::vector<bool> has_images(tree.class_names.size());
  for (const ImageFile& file : tree.train) has_images[static_cast<size_t>(file.label)] = true;
  for (size_t label = 0; label < has_images.size(); ++label) {
    if (has_images[label]) continue;
    throw DataError({.where = "folder",
                     .what = "class " + tree.class_names[label] + " has no " +
                             (tree.has_splits ? "training images" : "images"),
                     .expected = "files that end in .jpg, .png, .tif, .bmp or .webp",
                     .hint = "images for it, or without its folder"});
  }
}

}  // namespace

bool looks_like_image_tree(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) return false;
  for (const std::string& name : sorted_folders(root)) {
    if (holds_image(root / name)) return true;
  }
  return false;
}

ImageTree read_image_tree(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    throw DataError(
        {.where = "folder",
         .what = (fs::exists(root) ? "this is a file: " : "no such folder: ") + root.string(),
         .expected = "a folder of images"});
  }
  ImageTree tree;
  tree.root = root;
  const std::vector<std::string> folders = sorted_folders(root);
  tree.has_splits = is_split_layout(folders);
  if (tree.has_splits) {
    std::set<std::string> classes;
    for (const std::string& folder : folders) {
      for (std::string& name : sorted_folders(root / folder)) classes.insert(std::move(name));
    }
    tree.class_names.assign(classes.begin(), classes.end());
    for (const std::string& folder : folders) {
      add_classes(tree, folder, tree.*split_folders().at(folder));
    }
  } else {
    tree.class_names = folders;
    add_classes(tree, "", tree.train);
  }
  check_classes(tree);
  return tree;
}

}  // namespace nas::data
