#include "engine/presets.h"

namespace nas::engine {

void declare_presets(common::Options& options, const std::vector<Preset>& presets) {
  common::Option preset{.name = "preset",
                        .value = "auto",
                        .help = "Sizes that fit a machine; auto: by the device",
                        .choices = {"auto"}};
  for (const auto& [name, values] : presets) {
    preset.choices.push_back(name);
    options.declare_preset(name, values);
  }
  options.declare({preset});
}

void apply_preset(common::Options& options, bool gpu) {
  const std::string name = options.text("preset");
  options.apply_preset(name != "auto" ? name : gpu ? "workstation" : "laptop");
}

}  // namespace nas::engine
