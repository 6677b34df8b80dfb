// Decoding and resizing images; the only user of OpenCV on this floor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nas::data {

// RGB, uint8 [height, width, 3].
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;
};

// How a dataset's file may hold its images: as pixels, or each as a PNG (lossless) or a JPEG
// (quality 95).
enum class Encoding { kNone, kPng, kJpeg };
const std::vector<std::string>& encoding_names();  // "none", "png", "jpeg"
Encoding encoding_of(const std::string& name);     // throws UsageError

// Not for kNone. Throws SystemError.
std::vector<uint8_t> encode_image(const Image& image, Encoding encoding);

// Any encoding that read_image() takes; empty when the bytes are no image, not all of one, or one
// of more than kMostPixels.
inline constexpr int64_t kMostPixels = int64_t{1} << 30;  // OpenCV's limit
std::optional<Image> decode_image(const std::vector<uint8_t>& bytes);

// OpenCV's decoder alone, whose pixels are thrown away: what decoding takes at least. Their number,
// or 0 where the bytes are no image.
int64_t decoded_pixels(const std::vector<uint8_t>& bytes);

// "png", "jpeg", or "encoded" for any other.
std::string encoding_text(const std::vector<uint8_t>& bytes);

// Throws DataError: missing, or what decode_image() does not take. Grey images become RGB, alpha is
// dropped, EXIF orientation is applied.
Image read_image(const std::filesystem::path& path);
// The same and resize_and_crop(), without a copy of the whole image.
Image read_image(const std::filesystem::path& path, int64_t size);

// Scales the shorter side to `size` (area interpolation down, linear up), then cuts the centre
// size x size. An image of that size is returned unchanged. This is the one resize rule of nas:
// import, predict and the exported model's metadata ("resize") name it `kResizeRule`.
Image resize_and_crop(const Image& image, int64_t size);
inline constexpr const char* kResizeRule = "shorter side to input_size (area), centre crop";

void write_png(const std::filesystem::path& path, const Image& image);  // throws SystemError

// True for .jpg .jpeg .png .tif .tiff .bmp .webp in any case.
bool is_image_name(const std::filesystem::path& path);

}  // namespace nas::data
