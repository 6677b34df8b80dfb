#include "data/image_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace nas::data {

namespace {

using common::DataError;

// A broken image is told by the exception, once; OpenCV would log it as well.
void silence_opencv() {
  static const auto previous =
      cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  (void)previous;
}

// A view: the pixels stay those of `image`. OpenCV has no read-only matrix.
cv::Mat matrix_of(const Image& image) {
  return cv::Mat(static_cast<int>(image.height), static_cast<int>(image.width), CV_8UC3,
                 const_cast<uint8_t*>(image.pixels.data()));
}

Image image_of(const cv::Mat& matrix) {
  Image image = {.height = matrix.rows, .width = matrix.cols, .pixels = {}};
  const size_t row_bytes = static_cast<size_t>(matrix.cols) * 3;
  image.pixels.reserve(row_bytes * static_cast<size_t>(matrix.rows));
  for (int y = 0; y < matrix.rows; ++y) {
    const uint8_t* row = matrix.ptr<uint8_t>(y);
    image.pixels.insert(image.pixels.end(), row, row + row_bytes);
  }
  return image;
}

}  // namespace

Image read_image(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw DataError({.where = "image", .what = "no such file: " + path.string()});
  }
  silence_opencv();
  cv::Mat rgb;
  std::string reason;
  try {
    const cv::Mat bgr = cv::imread(path.string(), cv::IMREAD_COLOR);
    if (!bgr.empty()) cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  } catch (const cv::Exception& failure) {
    reason = failure.err;
  }
  if (rgb.empty()) {
    throw DataError({.where = "image",
                     .what = "cannot decode " + path.string(),
                     .got = reason,
                     .expected = "a JPEG, PNG, TIFF, BMP or WebP image"});
  }
  return image_of(rgb);
}

Image resize_and_crop(const Image& image, int64_t size) {
  if (size < 1 || image.height < 1 || image.width < 1) {
    throw DataError({.where = "image",
                     .what = "cannot resize",
                     .got = std::to_string(image.height) + "x" + std::to_string(image.width) +
                            " to " + std::to_string(size),
                     .expected = "sizes of at least 1"});
  }
  if (image.height == size && image.width == size) return image;
  const int64_t shorter = std::min(image.height, image.width);
  const double scale = static_cast<double>(size) / static_cast<double>(shorter);
  const auto scaled = [&](int64_t side) {
    return static_cast<int>(
        std::max<int64_t>(size, std::llround(static_cast<double>(side) * scale)));
  };
  try {
    cv::Mat matrix = matrix_of(image);
    if (shorter != size) {
      cv::Mat other;
      cv::resize(matrix, other, cv::Size(scaled(image.width), scaled(image.height)), 0, 0,
                 shorter > size ? cv::INTER_AREA : cv::INTER_LINEAR);
      matrix = other;
    }
    const int side = static_cast<int>(size);
    return image_of(
        matrix(cv::Rect((matrix.cols - side) / 2, (matrix.rows - side) / 2, side, side)));
  } catch (const cv::Exception& failure) {
    throw DataError({.where = "image", .what = "cannot resize", .got = failure.err});
  }
}

void write_png(const std::filesystem::path& path, const Image& image) {
  silence_opencv();
  std::vector<uint8_t> bytes;
  std::string reason;
  bool done = false;
  try {
    cv::Mat bgr;
    cv::cvtColor(matrix_of(image), bgr, cv::COLOR_RGB2BGR);
    done = cv::imencode(".png", bgr, bytes);
  } catch (const cv::Exception& failure) {
    reason = failure.err;
  }
  if (!done) {
    throw common::SystemError(
        {.where = "image", .what = "cannot encode " + path.string(), .got = reason});
  }
  common::write_file_atomically(path, std::string(bytes.begin(), bytes.end()));
}

bool is_image_name(const std::filesystem::path& path) {
  static const std::array<std::string, 7> kExtensions = {".jpg",  ".jpeg", ".png", ".tif",
                                                         ".tiff", ".bmp",  ".webp"};
  const std::string extension = common::lower(path.extension().string());
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace nas::data
