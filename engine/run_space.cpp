#include "engine/run_space.h"

#include <algorithm>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/shell_quote.h"
#include "search_space/network_family.h"

namespace nas::engine {

namespace {

constexpr const char* kTunedArchitecture = "arch";
constexpr double kCountable = 1e9;  // settings; of more it does not matter how many

std::string tuned_architecture(const common::Options& options) {
  return options.contains(kTunedArchitecture) ? options.text(kTunedArchitecture) : "";
}

void refuse_options_of_networks(const common::Options& options) {
  for (const std::string name : {"prescreen", "evaluator", "start-with"}) {
    if (options.is_default(name)) continue;
    throw common::ConfigError({.where = "--" + name,
                               .what = "it is about networks, and all trials have the same one",
                               .got = options.at(name).value_text()});
  }
}

// Of a file all settings must make a difference to the network; of a named space those that do are
// tuned.
std::unique_ptr<search_space::SettingsSpace> settings_of(
    const std::string& text, const search_space::Architecture& architecture) {
  auto space = search_space::find_settings(text, tunable_settings());
  std::vector<search_space::Setting> settings;
  for (const auto& setting : space->settings()) {
    if (search_space::makes_difference(setting.option, architecture)) {
      settings.push_back(setting);
    } else if (!setting.place.empty()) {
      throw common::ConfigError({.where = setting.place + ": " + setting.option,
                                 .what = "it makes no difference to this network",
                                 .got = "an architecture of family " + architecture.family});
    }
  }
  if (settings.size() == space->settings().size()) return space;
  return std::make_unique<search_space::SettingsSpace>(std::move(settings));
}

// The choices that are the settings as given; none where these are no point of the space.
std::optional<search_space::Choices> given_in(const search_space::SettingsSpace& space,
                                              const common::Options& options) {
  search_space::Choices choices;
  for (const auto& setting : space.settings()) {
    const auto& values = setting.values;
    const common::Option& given = options.at(setting.option);
    common::Options tried({given});
    const auto found = std::find_if(values.begin(), values.end(), [&](const std::string& value) {
      tried.set(setting.option, value, setting.place);
      return tried.at(setting.option).value == given.value;
    });
    if (found == values.end()) return std::nullopt;
    choices.push_back(static_cast<int>(found - values.begin()));
  }
  return choices;
}

}  // namespace

common::Options with_settings(common::Options options, const Settings& settings) {
  for (const auto& [name, value] : settings) options.set(name, value, "tuned");
  return options;
}

common::Options tunable_settings() {
  common::Options tunable;
  common::OptionList all = search_space::NetworkOptions().options();
  for (auto& option : child_trainer::TrainSettings().options()) all.push_back(std::move(option));
  for (auto& option : all) {
    if (option.name == "epochs") continue;  // rewards after different numbers cannot be compared
    if (option.name == "precision") std::erase(option.choices, "auto");  // it is one or the other
    tunable.declare({std::move(option)});
  }
  return tunable;
}

RunSpace::RunSpace(const common::Options& options) {
  const std::string architecture = tuned_architecture(options);
  const std::string space = options.text("space");
  if (architecture.empty()) {
    space_ = search_space::find_space(space);
    return;
  }
  architecture_ = search_space::find_architecture(architecture);
  refuse_options_of_networks(options);
  auto settings = settings_of(space, *architecture_);
  given_ = given_in(*settings, options);
  settings_ = settings.get();
  space_ = std::move(settings);
}

void RunSpace::check(const common::Options& options) const {
  if (!of_settings()) return;
  const auto build = [&](const common::Options& child) {
    auto network = search_space::NetworkOptions::from(child);
    network.auxiliary = child.flag("aux");
    search_space::build_network(*architecture_, network);
  };
  build(options);
  const common::Options of_networks(search_space::NetworkOptions().options());
  for (const auto& setting : settings_->settings()) {
    if (setting.option != "aux" && !of_networks.contains(setting.option)) continue;
    for (const auto& value : setting.values) {
      try {
        build(with_settings(options, {{setting.option, value}}));
      } catch (const common::ConfigError& error) {
        throw common::ConfigError({.where = setting.place + ": " + setting.option,
                                   .what = "a value that the network cannot have",
                                   .got = "'" + value + "': " + error.what()});
      }
    }
  }
}

search_space::Architecture RunSpace::architecture(const search_space::Choices& choices) const {
  return architecture_ ? *architecture_ : space_->architecture(choices);
}

Settings RunSpace::settings(const search_space::Choices& choices) const {
  return settings_ == nullptr || choices.empty() ? Settings() : settings_->values(choices);
}

std::string RunSpace::key(const search_space::Choices& choices) const {
  return given_ && choices == *given_ ? kSettingsAsGiven : space_->key(choices);
}

std::optional<int64_t> RunSpace::trainings() const {
  if (!of_settings()) return std::nullopt;
  double points = 1;
  for (const auto& setting : settings_->settings())
    points *= static_cast<double>(setting.values.size());
  if (points > kCountable) return std::nullopt;
  return static_cast<int64_t>(points) + (given_ ? 0 : 1);
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
