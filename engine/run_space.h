// What the children of a run are: networks of its space, or, where that is a space of settings, all
// one network, each trained with other settings.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/options.h"
#include "engine/run_folder.h"
#include "search_space/settings_space.h"

namespace nas::engine {

// The key of the trial that is trained with the settings as they were given: the first of such a
// run.
inline constexpr const char* kSettingsAsGiven = "settings as given";

// Option -> value, as one would type it.
using Settings = std::map<std::string, std::string>;

// `options` with a child's settings.
common::Options with_settings(common::Options options, const Settings& settings);

// What can be tuned: the options of a network and of a training, but the epochs.
common::Options tunable_settings();

class RunSpace {
 public:
  // Reads `space`, and `arch` where there is one. Throws UsageError (unknown space, a space of
  // settings without an architecture, one of networks with it), ConfigError (a setting that a
  // training does not have, a space file that does not fit), DataError (the architecture).
  explicit RunSpace(const common::Options& options);

  // Builds the network with every value that changes it: throws ConfigError, naming file and line,
  // where it cannot be built. `options` of the run.
  void check(const common::Options& options) const;

  const search_space::Space& space() const { return *space_; }
  bool of_settings() const { return settings_ != nullptr; }

  // Of valid choices.
  search_space::Architecture architecture(const search_space::Choices& choices) const;
  // Of a space of networks none, and none of no choices: the options as they were given.
  Settings settings(const search_space::Choices& choices) const;
  // As that of the space; of the choices that are the settings as they were given, theirs.
  std::string key(const search_space::Choices& choices) const;
  // The choices that are the settings as they were given; none where they are no choice.
  const std::optional<search_space::Choices>& given() const { return given_; }
  // How many trainings of settings differ, those as given included; none where that is not known,
  // or more than ever matters.
  std::optional<int64_t> trainings() const;

 private:
  std::unique_ptr<search_space::Space> space_;
  const search_space::SettingsSpace* settings_ = nullptr;   // null: a space of networks
  std::optional<search_space::Architecture> architecture_;  // of all children
  std::optional<search_space::Choices> given_;
};

// "nas search --run DIR", or "nas tune …", as one types it; `options` of the run.
std::string how_to_continue(const RunFolder& run, const common::Options& options);

// Throws UsageError where a run that `nas tune` began is continued by `nas search`, or the other
// way round.
void require_same_command(const RunFolder& run, const common::Options& begun,
                          const common::Options& given);

// arch: the architecture whose settings are tuned.
common::Option tuned_architecture_option();

}  // namespace nas::engine
