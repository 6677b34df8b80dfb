#include "data/renderer.h"

namespace nas::data {

std::string rendered_provenance(const std::string& renderer, int version, uint64_t seed) {
  return "procedurally rendered, not photographed: " + renderer + " renderer version " +
         std::to_string(version) + ", seed " + std::to_string(seed);
}

}  // namespace nas::data
