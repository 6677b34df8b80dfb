#include "engine/job_options.h"

namespace nas::engine {

common::OptionList job_options() {
  using common::Lasting;
  return {
      {.name = "device",
       .value = "auto",
       .help = "auto | cpu | cuda | cuda:N; a search spreads its children over all GPUs, or those "
               "of cuda:N,M,…",
       .lasting = Lasting::kUntilChanged},
      {.name = "seed", .value = 1, .help = "Everything random follows from it", .min = 0},
      {.name = "data-dir",
       .value = "",
       .help = "Folder that is searched for datasets first",
       .lasting = Lasting::kUntilChanged},
      {.name = "dry-run",
       .value = false,
       .help = "Say what it would cost, and stop",
       .lasting = Lasting::kThisCall},
      {.name = "json",
       .value = false,
       .help = "Print the result as JSON",
       .lasting = Lasting::kThisCall},
  };
}

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
  const bool shared = options.contains("evaluator") && options.text("evaluator") == "shared";
  const std::string by_machine = gpu ? "workstation" : "laptop";
  options.apply_preset(name != "auto" ? name : (shared ? "supernet-" : "") + by_machine);
}

}  // namespace nas::engine
