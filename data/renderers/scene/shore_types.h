// The shore types. Each theme's file lists its own; to add one, write a composer there and add its
// row to the list.
#pragma once

#include <string>
#include <vector>

#include "common/random.h"
#include "data/renderers/scene/setting.h"
#include "data/renderers/scene/terrain.h"

namespace nas::data::scene {

struct ShoreType {
  std::string name;
  // May change the setting (a wall's waterline is straight). The terrain may refer to the setting,
  // which must outlive it.
  Terrain (*compose)(Setting& setting, common::RandomStream& random) = nullptr;
};

std::vector<ShoreType> beaches();
std::vector<ShoreType> marshes();
std::vector<ShoreType> flats();
std::vector<ShoreType> scarps();
std::vector<ShoreType> structures();

// All of them, sorted by name: the classes in label order.
const std::vector<ShoreType>& shore_types();

}  // namespace nas::data::scene
