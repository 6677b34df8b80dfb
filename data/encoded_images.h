// Images that a container holds encoded: `encoded`, a byte string each, and their checksums
// `crc32`.
#pragma once

#include <string>

#include "data/dataset.h"
#include "data/hdf5.h"
#include "data/image_codec.h"

namespace nas::data {

// Encodes in pieces and with all cores. The pixels of `split` become those that a reader gets, so
// nothing is held twice. Shapes come from `dataset`.
void write_encoded(hid_t group, const Dataset& dataset, Split& split, Encoding encoding);

// Decodes into split.images; split.ids are known. Throws DataError that names the image: damaged,
// or of another size than `header` says. `where` names the file.
void read_encoded(hid_t group, const Dataset& header, Split& split, const std::string& where);

// The first image, which tells the size of all. There is one.
struct FirstImage {
  int64_t height = 0;
  int64_t width = 0;
  std::string encoding;  // "png", "jpeg" or "encoded"
};
FirstImage read_first_encoded(hid_t group, const std::string& where);

}  // namespace nas::data
