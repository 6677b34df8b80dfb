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

// A broken image is told by the exception, once; OpenCV would log it as well. And images are shared
// out among threads whole: threads of its own for one would only get into their way.
void prepare_opencv() {
  static const auto previous = [] {
    cv::setNumThreads(1);
    return cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  }();
  (void)previous;
}

// Views: the pixels and bytes stay where they are. OpenCV has no read-only matrix.
cv::Mat matrix_of(const Image& image) {
  return cv::Mat(static_cast<int>(image.height), static_cast<int>(image.width), CV_8UC3,
                 const_cast<uint8_t*>(image.pixels.data()));
}

cv::Mat matrix_of(std::string_view bytes) {
  return cv::Mat(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
}

std::string_view text_of(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// An image of so many rows and columns, whose pixels are yet to be written.
Image blank_of(const cv::Mat& matrix) {
  const auto bytes = static_cast<size_t>(matrix.rows) * static_cast<size_t>(matrix.cols) * 3;
  return {.height = matrix.rows, .width = matrix.cols, .pixels = std::vector<uint8_t>(bytes)};
}

Image image_of(const cv::Mat& rgb) {
  Image image = blank_of(rgb);
  cv::Mat pixels = matrix_of(image);
  rgb.copyTo(pixels);
  return image;
}

Image image_of_bgr(const cv::Mat& bgr) {
  Image image = blank_of(bgr);
  cv::Mat pixels = matrix_of(image);
  cv::cvtColor(bgr, pixels, cv::COLOR_BGR2RGB);
  return image;
}

constexpr char kMark = '\xFF';  // begins each mark of a JPEG; the next byte says which
constexpr uint8_t kFilling = 0xFF;
constexpr uint8_t kEnd = 0xD9;

// Neither a segment nor the end follows: 0xFF as data, a restart within a scan, the start.
bool stands_alone(uint8_t mark) { return mark <= 0x01 || (mark >= 0xD0 && mark <= 0xD8); }

bool is_jpeg(std::string_view bytes) { return bytes.substr(0, 3) == "\xFF\xD8\xFF"; }

// OpenCV fills up a JPEG that is cut short. Searching for the end mark would not tell: a thumbnail
// in the header has one of its own, and what cameras put behind the image has others. So the marks
// are followed, segment by segment, from the start to the end mark.
bool is_cut_jpeg(std::string_view bytes) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[at]); };
  for (size_t at = 0; (at = bytes.find(kMark, at)) < bytes.size();) {
    if (++at == bytes.size()) return true;
    const uint8_t mark = byte(at);
    if (mark == kFilling) continue;  // the next byte may be the mark
    if (mark == kEnd) return false;
    ++at;
    if (stands_alone(mark)) continue;
    if (at + 1 >= bytes.size()) return true;
    at += size_t{byte(at)} << 8 | byte(at + 1);  // the length of a segment counts itself
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

// The image in OpenCV's order of colours, or what is wrong with it.
std::variant<cv::Mat, Fault> decode(std::string_view bytes) {
  prepare_opencv();
  Fault fault = {.got = "", .expected = "a JPEG, PNG, TIFF, BMP or WebP image"};
  if (bytes.empty()) return fault;
  if (is_jpeg(bytes) && is_cut_jpeg(bytes)) {
    return Fault{
        .got = "a JPEG that is cut short", .expected = "all of it", .hint = "copying it again"};
  }
  try {
    cv::Mat bgr = cv::imdecode(matrix_of(bytes), cv::IMREAD_COLOR);
    if (!bgr.empty()) return bgr;
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

cv::Mat read_matrix(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw DataError({.where = "image", .what = "no such file: " + path.string()});
  }
  const auto decoded = decode(common::read_file(path));
  if (const auto* fault = std::get_if<Fault>(&decoded)) {
    throw DataError({.where = "image",
                     .what = "cannot decode " + path.string(),
                     .got = fault->got,
                     .expected = fault->expected,
                     .hint = fault->hint});
  }
  return std::get<cv::Mat>(decoded);
}

// See resize_and_crop(); no copy is made where nothing is scaled.
cv::Mat resized_and_cropped(const cv::Mat& image, int64_t size) {
  if (size < 1 || image.empty()) {
    throw DataError({.where = "image",
                     .what = "cannot resize",
                     .got = std::to_string(image.rows) + "x" + std::to_string(image.cols) + " to " +
                            std::to_string(size),
                     .expected = "sizes of at least 1"});
  }
  const int shorter = std::min(image.rows, image.cols);
  const double scale = static_cast<double>(size) / static_cast<double>(shorter);
  const auto scaled = [&](int side) {
    return static_cast<int>(
        std::max<int64_t>(size, std::llround(static_cast<double>(side) * scale)));
  };
  try {
    cv::Mat matrix = image;
    if (shorter != size) {
      cv::resize(image, matrix, cv::Size(scaled(image.cols), scaled(image.rows)), 0, 0,
                 shorter > size ? cv::INTER_AREA : cv::INTER_LINEAR);
    }
    const int side = static_cast<int>(size);
    return matrix(cv::Rect((matrix.cols - side) / 2, (matrix.rows - side) / 2, side, side));
  } catch (const cv::Exception& failure) {
    throw DataError({.where = "image", .what = "cannot resize", .got = failure.err});
  }
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
  if (text_of(bytes).substr(0, 4) == "\x89PNG") return "png";
  return is_jpeg(text_of(bytes)) ? "jpeg" : "encoded";
}

std::vector<uint8_t> encode_image(const Image& image, Encoding encoding) {
  prepare_opencv();
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
  const auto decoded = decode(text_of(bytes));
  if (const auto* bgr = std::get_if<cv::Mat>(&decoded)) return image_of_bgr(*bgr);
  return std::nullopt;
}

int64_t decoded_pixels(const std::vector<uint8_t>& bytes) {
  prepare_opencv();
  const cv::Mat image = cv::imdecode(bytes, cv::IMREAD_COLOR);
  return static_cast<int64_t>(image.total());
}

Image read_image(const std::filesystem::path& path) { return image_of_bgr(read_matrix(path)); }

Image read_image(const std::filesystem::path& path, int64_t size) {
  return image_of_bgr(resized_and_cropped(read_matrix(path), size));
}

Image resize_and_crop(const Image& image, int64_t size) {
  return image_of(resized_and_cropped(matrix_of(image), size));
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
