#include "data/renderers/scene/shore_types.h"

#include <algorithm>

namespace nas::data::scene {

const std::vector<ShoreType>& shore_types() {
  static const std::vector<ShoreType> types = [] {
    std::vector<ShoreType> all;
    for (const auto& theme : {beaches(), marshes(), flats(), scarps(), structures()}) {
      all.insert(all.end(), theme.begin(), theme.end());
    }
    std::sort(all.begin(), all.end(),
              [](const ShoreType& one, const ShoreType& two) { return one.name < two.name; });
    return all;
  }();
  return types;
}

}  // namespace nas::data::scene
