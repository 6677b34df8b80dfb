// Decodes many image files with all cores.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image_tree.h"

namespace nas::data {

// The files, each resized to size x size, in their order: ids are their names. A file that cannot
// be decoded is left out and adds a line "name: reason" to `skipped`.
Split decode_images(const std::filesystem::path& root, const std::vector<ImageFile>& files,
                    int64_t size, std::vector<std::string>& skipped);

}  // namespace nas::data
