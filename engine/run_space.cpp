#include "engine/run_space.h"

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/shell_quote.h"
#include "search_space/network_options.h"

namespace nas::engine {

namespace {

constexpr const char* kTunedArchitecture = "arch";

std::string tuned_architecture(const common::Options& options) {
  return options.contains(kTunedArchitecture) ? options.text(kTunedArchitecture) : "";
}

}  // namespace

common::Options with_settings(common::Options options, const Settings& settings) {
  for (const auto& [name, value] : settings) options.set(name, value, "tuned");
  return options;
}

RunSpace::RunSpace(const common::Options& options)
    : space_(search_space::find_space(options.text("space"))),
      settings_(dynamic_cast<const search_space::SettingsSpace*>(space_.get())) {
  const std::string architecture = tuned_architecture(options);
  const std::string space = "--space " + options.text("space");
  if (of_settings() && architecture.empty()) {
    throw common::UsageError({.where = "nas search",
                              .what = space + " has settings of a training, not networks",
                              .hint = "nas tune --arch NAME --dataset NAME"});
  }
  if (!of_settings() && !architecture.empty()) {
    throw common::UsageError({.where = "nas tune",
                              .what = space + " has networks, not settings of a training",
                              .expected = "hyper, or a TOML file of settings (docs/spaces.md)",
                              .hint = "nas search " + space});
  }
  if (!of_settings()) return;
  architecture_ = search_space::find_architecture(architecture);
  check_settings(options);
}

void RunSpace::check_settings(const common::Options& options) const {
  common::Options known(search_space::NetworkOptions::from(options).options());
  known.declare(child_trainer::TrainSettings().options());
  for (const auto& setting : settings_->settings()) {
    if (setting.option == "epochs") {
      throw common::ConfigError({.where = setting.place,
                                 .what = "rewards after different numbers of epochs cannot be "
                                         "compared",
                                 .got = "epochs",
                                 .hint = "nas tune --epochs N, for all"});
    }
    for (const auto& value : setting.values) {
      known.set(setting.option, value, setting.place, setting.place);
      child_trainer::TrainSettings::from(known);
    }
  }
  for (const std::string name : {"prescreen", "evaluator", "start-with"}) {
    if (options.is_default(name)) continue;
    throw common::ConfigError({.where = "--" + name,
                               .what = "it is about networks, and all trials have the same one",
                               .got = options.at(name).value_text()});
  }
}

search_space::Architecture RunSpace::architecture(const search_space::Choices& choices) const {
  return architecture_ ? *architecture_ : space_->architecture(choices);
}

Settings RunSpace::settings(const search_space::Choices& choices) const {
  return settings_ == nullptr || choices.empty() ? Settings() : settings_->values(choices);
}

std::string how_to_continue(const RunFolder& run, const common::Options& options) {
  const std::string command = tuned_architecture(options).empty() ? "search" : "tune";
  return common::shell_command({"nas", command, "--run", run.path().string()});
}

void require_same_command(const RunFolder& run, const common::Options& begun,
                          const common::Options& given) {
  const bool tunes = !tuned_architecture(begun).empty();
  if (tunes == given.contains(kTunedArchitecture)) return;
  throw common::UsageError({.where = "run " + run.path().string(),
                            .what = tunes ? "it tunes settings" : "it searches for networks",
                            .hint = how_to_continue(run, begun)});
}

common::Option tuned_architecture_option() {
  return {.name = kTunedArchitecture,
          .value = "",
          .help =
              "The architecture that every trial trains: a name, a JSON file (such as "
              "best/architecture.json of a run), or a NAS-Bench-201 string"};
}

}  // namespace nas::engine
