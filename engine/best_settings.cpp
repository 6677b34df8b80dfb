#include "engine/best_settings.h"

#include <fmt/format.h>

#include "child_trainer/train_settings.h"
#include "common/file.h"
#include "engine/run_space.h"

namespace nas::engine {

std::filesystem::path best_settings_file(const RunFolder& run) {
  return run.best() / "settings.toml";
}

common::Options settings_of_trial(const common::Options& options, const Trial& trial) {
  const RunSpace space(options);
  if (!space.of_settings()) return {};
  const Settings tuned = space.settings(trial.choices);
  const common::Options all = with_settings(options, tuned);
  common::Options written;
  for (const auto& [name, value] : tuned) written.declare({all.at(name)});
  for (const auto& option : child_trainer::TrainSettings().options()) {
    // How long, and by what means, is another matter of each training.
    if (option.name == "epochs" || option.name == "precision" || option.name == "kernels") continue;
    if (!written.contains(option.name)) written.declare({all.at(option.name)});
  }
  return written;
}

void write_best_settings(const RunFolder& run, const common::Options& options,
                         const Trial& winner) {
  const common::Options settings = settings_of_trial(options, winner);
  if (settings.all().empty()) return;
  common::write_file_atomically(
      best_settings_file(run),
      fmt::format("# Trial {} of {}: nas transfer --config takes this file.\n{}", winner.id,
                  run.path().filename().string(), settings.to_toml()));
}

}  // namespace nas::engine
