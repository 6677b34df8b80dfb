#include "data/decode_images.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "data/image_codec.h"
#include "data/parallel_for.h"

namespace nas::data {

namespace {

constexpr size_t kFilesWorthProgress = 2000;

std::string progress_text(size_t done, size_t all) {
  return "images read: " + common::with_commas(static_cast<int64_t>(done)) + " of " +
         common::with_commas(static_cast<int64_t>(all));
}

}  // namespace

Split decode_images(const std::filesystem::path& root, const std::vector<ImageFile>& files,
                    int64_t size, std::vector<std::string>& skipped) {
  const auto bytes = static_cast<std::ptrdiff_t>(size * size * 3);
  Split split;
  std::vector<uint8_t> pixels(files.size() * static_cast<size_t>(bytes));
  const auto place_of = [&](size_t i) {
    return pixels.begin() + static_cast<std::ptrdiff_t>(i) * bytes;
  };
  std::vector<std::string> reasons(files.size());  // why a file is left out; empty: decoded
  common::ProgressLine progress(files.size() >= kFilesWorthProgress);
  parallel_for(files.size(), [&](size_t i, bool is_caller) {
    try {
      const Image image = read_image(root / files[i].name, size);
      std::copy(image.pixels.begin(), image.pixels.end(), place_of(i));
    } catch (const std::exception& error) {
      reasons[i] = error.what();
    }
    if (is_caller) progress.show(progress_text(i + 1, files.size()));
  });
  progress.finish();
  auto kept = pixels.begin();
  for (size_t i = 0; i < files.size(); ++i) {
    if (!reasons[i].empty()) {
      skipped.push_back(files[i].name + ": " + reasons[i]);
      continue;
    }
    if (kept != place_of(i)) std::copy(place_of(i), place_of(i) + bytes, kept);
    kept += bytes;
    split.labels.push_back(files[i].label);
    split.ids.push_back(files[i].name);
  }
  pixels.erase(kept, pixels.end());
  split.images = std::move(pixels);
  return split;
}

}  // namespace nas::data
