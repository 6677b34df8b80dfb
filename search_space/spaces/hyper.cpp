// The settings that `nas tune` looks for without a file: learning rate and regularisation. The
// network's own size (cells, filters) is not among them, as short trainings favour small networks;
// a file may list it.
#include "search_space/settings_space.h"

namespace nas::search_space {
namespace {

std::unique_ptr<Space> make() {
  return std::make_unique<SettingsSpace>(std::vector<Setting>{
      {.option = "lr", .values = levels_of(0.01, 1.0, 9, Scale::kLog), .scale = Scale::kLog},
      {.option = "weight-decay",
       .values = levels_of(1e-5, 1e-2, 7, Scale::kLog),
       .scale = Scale::kLog},
      {.option = "drop-path",
       .values = levels_of(0.0, 0.3, 4, Scale::kLinear),
       .scale = Scale::kLinear},
      {.option = "augment", .values = {"pad-crop,flip", "pad-crop,flip,cutout"}}});
}

const common::Register<SpacePlugin> kRegister{
    {.name = "hyper",
     .summary = "Settings of a training: learning rate, weight decay, drop-path, cutout (nas tune)",
     .make = make,
     .of_settings = true}};

}  // namespace
}  // namespace nas::search_space
