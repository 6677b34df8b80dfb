#include "data/decode_images.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "common/log.h"
#include "common/text.h"
#include "data/image_codec.h"

namespace nas::data {

namespace {

constexpr size_t kFilesWorthProgress = 2000;

// Files are handed out one by one; each thread writes to the places of its own files only.
class Decoder {
 public:
  Decoder(const std::filesystem::path& root, const std::vector<ImageFile>& files, int64_t size)
      : root_(root), files_(files), size_(size), progress_(files.size() >= kFilesWorthProgress) {
    reasons.resize(files.size());
    images.resize(files.size() * static_cast<size_t>(size * size * 3));
  }

  void run() {
    const size_t cores = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> helpers;
    for (size_t i = 1; i < std::min(cores, files_.size()); ++i) {
      helpers.emplace_back([this] { work(false); });
    }
    work(true);
    for (std::thread& helper : helpers) helper.join();
    progress_.finish();
  }

  std::vector<uint8_t> images;
  std::vector<std::string> reasons;  // why a file was left out; empty: decoded

 private:
  void work(bool shows_progress) {
    for (;;) {
      const size_t i = next_.fetch_add(1);
      if (i >= files_.size()) return;
      decode(i);
      if (shows_progress) {
        progress_.show("images read: " + common::with_commas(static_cast<int64_t>(i + 1)) + " of " +
                       common::with_commas(static_cast<int64_t>(files_.size())));
      }
    }
  }

  void decode(size_t i) {
    try {
      const Image image = resize_and_crop(read_image(root_ / files_[i].name), size_);
      std::copy(image.pixels.begin(), image.pixels.end(),
                images.begin() + static_cast<std::ptrdiff_t>(i * image.pixels.size()));
    } catch (const std::exception& error) {
      reasons[i] = error.what();
    }
  }

  const std::filesystem::path& root_;
  const std::vector<ImageFile>& files_;
  const int64_t size_;
  common::ProgressLine progress_;
  std::atomic<size_t> next_{0};
};

}  // namespace

Split decode_images(const std::filesystem::path& root, const std::vector<ImageFile>& files,
                    int64_t size, std::vector<std::string>& skipped) {
  Decoder decoder(root, files, size);
  decoder.run();
  const auto bytes = static_cast<std::ptrdiff_t>(size * size * 3);
  Split split;
  split.images = std::move(decoder.images);
  auto kept = split.images.begin();
  for (size_t i = 0; i < files.size(); ++i) {
    if (!decoder.reasons[i].empty()) {
      skipped.push_back(files[i].name + ": " + decoder.reasons[i]);
      continue;
    }
    const auto image = split.images.begin() + static_cast<std::ptrdiff_t>(i) * bytes;
    if (kept != image) std::copy(image, image + bytes, kept);
    kept += bytes;
    split.labels.push_back(files[i].label);
    split.ids.push_back(files[i].name);
  }
  split.images.erase(kept, split.images.end());
  return split;
}

}  // namespace nas::data
