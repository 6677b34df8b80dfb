// Datasets drawn by a program: the offline default and the test data, never a claim about the
// world. One file each in data/renderers/; the dataset is marked synthetic.
#pragma once

#include <string>

#include "common/registry.h"
#include "data/dataset.h"

namespace nas::data {

struct RenderRequest {
  int64_t images = 2400;  // in all; split 80/10/10 by class
  int64_t size = 64;      // side in pixels, 16..512
  uint64_t seed = 0;
};

struct Renderer {
  static constexpr const char* kKind = "renderer";
  std::string name;  // also the dataset's name
  std::string summary;
  int version = 1;  // raised when the same request would give other images: cached ones are then
                    // drawn again
  // Deterministic: the same request gives the same bytes.
  Dataset (*draw)(const RenderRequest& request) = nullptr;
};

// What a drawn dataset says of where it comes from.
std::string rendered_provenance(const std::string& renderer, int version, uint64_t seed);

}  // namespace nas::data
