#include "data/image_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <variant>

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

cv::Mat rgb_of(const cv::Mat& bgr) {
  cv::Mat rgb;
  if (!bgr.empty()) cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

std::string_view text_of(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr uint8_t kMark = 0xFF;  // begins each mark of a JPEG; the next byte says which
constexpr uint8_t kEnd = 0xD9;

// Neither a segment nor the end follows: 0xFF as data, a restart within a scan, the start.
bool stands_alone(uint8_t mark) { return mark <= 0x01 || (mark >= 0xD0 && mark <= 0xD8); }

// OpenCV fills up a JPEG that is cut short. Searching for the end mark would not tell: a thumbnail
// in the header has one of its own, and what cameras put behind the image has others. So the marks
// are followed, segment by segment, from the start to the end mark.
bool is_cut_jpeg(const std::vector<uint8_t>& bytes) {
  if (encoding_text(bytes) != "jpeg") return false;
  for (size_t at = 0; at + 1 < bytes.size();) {
    const uint8_t mark = bytes[at + 1];
    if (bytes[at] != kMark || mark == kMark) {  // data of a scan, or filling
      ++at;
      continue;
    }
    if (mark == kEnd) return false;
    at += 2;
    if (stands_alone(mark)) continue;
    if (at + 1 >= bytes.size()) return true;
    at += size_t{bytes[at]} << 8 | bytes[at + 1];  // the length of a segment counts itself
  }
  return true;
}

// OpenCV says which of its limits an image passes only by the name of the function that checks.
bool is_too_large(const cv::Exception& failure) { return failure.func == "validateInputImageSize"; }

// What keeps an image from being decoded.
struct Fault {
  std::string got;
  std::string expected;
  std::string hint = {};
};

// The image, or what is wrong with it.
std::variant<Image, Fault> decode(const std::vector<uint8_t>& bytes) {
  silence_opencv();
  Fault fault = {.got = "", .expected = "a JPEG, PNG, TIFF, BMP or WebP image"};
  if (bytes.empty()) return fault;
  if (is_cut_jpeg(bytes)) {
    return Fault{
        .got = "a JPEG that is cut short", .expected = "all of it", .hint = "copying it again"};
  }
  try {
    const cv::Mat rgb = rgb_of(cv::imdecode(bytes, cv::IMREAD_COLOR));
    if (!rgb.empty()) return image_of(rgb);
  } catch (const cv::Exception& failure) {
    if (is_too_large(failure)) {
      return Fault{.got = "an image that is too large",
                   .expected = "at most " + common::with_commas(kMostPixels) + " pixels",
                   .hint = "scaling it down, or cutting it into pieces"};
    }
    fault.got = failure.err;
  }
  return fault;
}

}  // namespace

const std::vector<std::string>& encoding_names() {
  static const std::vector<std::string> names = {"none", "png", "jpeg"};  // as in Encoding
  return names;
}

Encoding encoding_of(const std::string& name) {
  const auto& names = encoding_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Encoding>(found - names.begin());
  throw common::UsageError({.where = "image",
                            .what = "unknown encoding",
                            .got = "'" + name + "'",
                            .expected = "one of: " + common::join(names, ", ")});
}

std::string encoding_text(const std::vector<uint8_t>& bytes) {
  const std::string_view text = text_of(bytes);
  if (text.substr(0, 4) == "\x89PNG") return "png";
  return text.substr(0, 3) == "\xFF\xD8\xFF" ? "jpeg" : "encoded";
}

std::vector<uint8_t> encode_image(const Image& image, Encoding encoding) {
  silence_opencv();
  const std::vector<int> parameters = encoding == Encoding::kPng
                                          ? std::vector<int>{cv::IMWRITE_PNG_COMPRESSION, 6}
                                          : std::vector<int>{cv::IMWRITE_JPEG_QUALITY, 95};
  const std::string extension = "." + encoding_names()[static_cast<size_t>(encoding)];
  std::vector<uint8_t> bytes;
  std::string reason;
  try {
    cv::Mat bgr;
    cv::cvtColor(matrix_of(image), bgr, cv::COLOR_RGB2BGR);
    if (cv::imencode(extension, bgr, bytes, parameters)) return bytes;
  } catch (const cv::Exception& failure) {
    reason = failure.err;
  }
  throw common::SystemError({.where = "image", .what = "cannot encode an image", .got = reason});
}

std::optional<Image> decode_image(const std::vector<uint8_t>& bytes) {
  auto decoded = decode(bytes);
  if (auto* image = std::get_if<Image>(&decoded)) return std::move(*image);
  return std::nullopt;
}

Image read_image(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw DataError({.where = "image", .what = "no such file: " + path.string()});
  }
  const std::string content = common::read_file(path);
  auto decoded = decode({content.begin(), content.end()});
  if (const auto* fault = std::get_if<Fault>(&decoded)) {
    throw DataError({.where = "image",
                     .what = "cannot decode " + path.string(),
                     .got = fault->got,
                     .expected = fault->expected,
                     .hint = fault->hint});
  }
  return std::get<Image>(std::move(decoded));
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
  const std::vector<uint8_t> bytes = encode_image(image, Encoding::kPng);
  common::write_file_atomically(path, std::string(bytes.begin(), bytes.end()));
}

bool is_image_name(const std::filesystem::path& path) {
  static const std::array<std::string, 7> kExtensions = {".jpg",  ".jpeg", ".png", ".tif",
                                                         ".tiff", ".bmp",  ".webp"};
  const std::string extension = common::lower(path.extension().string());
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace nas::data
