#include "data/encoded_images.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "data/parallel_for.h"

namespace nas::data {

using common::DataError;
using hdf5::Bytes;
using hdf5::Element;

namespace {

// Images are encoded and decoded in pieces of about this size, in bytes of pixels.
constexpr size_t kPieceBytes = size_t{64} << 20;
constexpr size_t kFewestImages = 16;  // so that all cores have some
constexpr size_t kMostImages = 1024;

size_t images_a_piece(const Dataset& dataset) {
  const auto image_bytes = static_cast<size_t>(std::max<int64_t>(dataset.image_bytes(), 1));
  return std::clamp(kPieceBytes / image_bytes, kFewestImages, kMostImages);
}

int64_t checksum_of(const Bytes& bytes) {
  return static_cast<int64_t>(crc32_z(0, bytes.data(), bytes.size()));
}

// Empty where the container has none.
std::vector<int64_t> read_checksums(hid_t group, size_t count) {
  std::vector<int64_t> checksums;
  if (!hdf5::has_array(group, "crc32")) return checksums;
  if (hdf5::shape_of(group, "crc32") != std::vector<hsize_t>{count}) {
    throw hdf5::Failure("crc32: it does not fit the images");
  }
  checksums.resize(count);
  hdf5::read_array(group, "crc32", Element::kInt64, checksums.data());
  return checksums;
}

[[noreturn]] void throw_damaged(const std::string& id, const std::string& where) {
  throw DataError({.where = where,
                   .what = "image " + id + " is damaged or cut short",
                   .expected = "a whole JPEG, PNG, TIFF, BMP or WebP image",
                   .hint = "nas data import, with --replace"});
}

std::string size_text(int64_t height, int64_t width) {
  return std::to_string(height) + "x" + std::to_string(width);
}

void check_size(const Image& image, const Dataset& header, const std::string& id,
                const std::string& where) {
  const bool fits = image.height == header.height && image.width == header.width &&
                    static_cast<int64_t>(image.pixels.size()) == header.image_bytes();
  if (fits) return;
  throw DataError({.where = where,
                   .what = "image " + id + " has another size than the first one",
                   .got = size_text(image.height, image.width),
                   .expected = size_text(header.height, header.width),
                   .hint = "nas data import, which makes images of one size"});
}

}  // namespace

void write_encoded(hid_t group, const Dataset& dataset, Split& split, Encoding encoding) {
  const size_t count = split.ids.size();
  const auto image_bytes = static_cast<std::ptrdiff_t>(dataset.image_bytes());
  hdf5::Handle array = hdf5::create_byte_strings(group, "encoded", count);
  std::vector<int64_t> checksums(count);
  const size_t piece = images_a_piece(dataset);
  std::vector<uint8_t> all = split.images.take();
  for (size_t first = 0; first < count; first += piece) {
    std::vector<Bytes> strings(std::min(piece, count - first));
    parallel_for(strings.size(), [&](size_t i, bool) {
      const auto pixels = all.begin() + static_cast<std::ptrdiff_t>(first + i) * image_bytes;
      const Image image = {.height = dataset.height,
                           .width = dataset.width,
                           .pixels = {pixels, pixels + image_bytes}};
      strings[i] = encode_image(image, encoding);
      checksums[first + i] = checksum_of(strings[i]);
      const auto read = decode_image(strings[i]);
      if (!read || read->pixels.size() != image.pixels.size()) {
        throw common::InternalError(
            {.where = "data", .what = "cannot decode what was encoded: " + split.ids[first + i]});
      }
      std::copy(read->pixels.begin(), read->pixels.end(), pixels);
    });
    hdf5::write_byte_strings(array, first, strings);
  }
  split.images = std::move(all);
  array.close();
  hdf5::write_array(group, "crc32", Element::kInt64, {count}, checksums.data(), count);
}

void read_encoded(hid_t group, const Dataset& header, Split& split, const std::string& where) {
  const size_t count = split.ids.size();
  if (count == 0) return;
  const auto image_bytes = static_cast<std::ptrdiff_t>(header.image_bytes());
  std::vector<uint8_t> pixels(count * static_cast<size_t>(image_bytes));
  const std::vector<int64_t> checksums = read_checksums(group, count);
  const hdf5::Handle array = hdf5::open_byte_strings(group, "encoded");
  const size_t piece = images_a_piece(header);
  for (size_t first = 0; first < count; first += piece) {
    const auto strings =
        hdf5::read_byte_strings(array, first, std::min<size_t>(piece, count - first));
    parallel_for(strings.size(), [&](size_t i, bool) {
      const size_t number = first + i;
      const std::string& id = split.ids[number];
      if (!checksums.empty() && checksums[number] != checksum_of(strings[i])) {
        throw_damaged(id, where);
      }
      const auto image = decode_image(strings[i]);
      if (!image) throw_damaged(id, where);
      check_size(*image, header, id, where);
      std::copy(image->pixels.begin(), image->pixels.end(),
                pixels.begin() + static_cast<std::ptrdiff_t>(number) * image_bytes);
    });
  }
  split.images = std::move(pixels);
}

FirstImage read_first_encoded(hid_t group, const std::string& where) {
  const Bytes bytes =
      hdf5::read_byte_strings(hdf5::open_byte_strings(group, "encoded"), 0, 1).front();
  const auto image = decode_image(bytes);
  if (!image) throw_damaged(hdf5::read_texts(group, "ids").front(), where);
  return {.height = image->height, .width = image->width, .encoding = encoding_text(bytes)};
}

}  // namespace nas::data
