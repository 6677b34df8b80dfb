#include "search_space/settings_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "common/error.h"
#include "common/text.h"

namespace nas::search_space {

namespace {

// The value number i of `levels`.
double level(double min, double max, int64_t i, int64_t levels, Scale scale) {
  const double share = static_cast<double>(i) / static_cast<double>(levels - 1);
  return scale == Scale::kLog ? min * std::pow(max / min, share) : min + (max - min) * share;
}

}  // namespace

std::vector<std::string> levels_of(double min, double max, int64_t levels, Scale scale) {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < levels; ++i)
    texts.push_back(fmt::format("{:.4g}", level(min, max, i, levels, scale)));
  return texts;
}

std::vector<std::string> whole_levels_of(int64_t min, int64_t max, int64_t levels, Scale scale,
                                         int64_t step) {
  std::set<int64_t> values;
  for (int64_t i = 0; i < levels; ++i) {
    const double value =
        level(static_cast<double>(min), static_cast<double>(max), i, levels, scale);
    values.insert(step * std::llround(value / static_cast<double>(step)));
  }
  std::vector<std::string> texts;
  for (const int64_t value : values) texts.push_back(std::to_string(value));
  return texts;
}

SettingsSpace::SettingsSpace(std::vector<Setting> settings) : settings_(std::move(settings)) {
  if (settings_.empty())
    throw common::ConfigError({.where = "space of settings", .what = "nothing is to be decided"});
  std::set<std::string> names;
  for (const Setting& setting : settings_) {
    const std::set<std::string> different(setting.values.begin(), setting.values.end());
    const bool fits = different.size() == setting.values.size() && different.size() > 1;
    if (!fits || !names.insert(setting.option).second) {
      throw common::ConfigError({.where = setting.place.empty() ? setting.option : setting.place,
                                 .what = "a setting needs two values or more, all different",
                                 .got = setting.option + ": " + common::join(setting.values, " ")});
    }
    decisions_.push_back({.name = setting.option,
                          .values = setting.values,
                          .kind = setting.option,
                          .scale = setting.scale});
  }
}

std::map<std::string, std::string> SettingsSpace::values(const Choices& choices) const {
  if (!valid(choices))
    throw common::InternalError({.where = "space of settings", .what = "invalid choices"});
  std::map<std::string, std::string> values;
  for (size_t i = 0; i < settings_.size(); ++i)
    values[settings_[i].option] = settings_[i].values[static_cast<size_t>(choices[i])];
  return values;
}

std::string SettingsSpace::key(const Choices& choices) const {
  const auto chosen = values(choices);
  std::vector<std::string> texts;
  for (const Setting& setting : settings_)
    texts.push_back(setting.option + "=" + chosen.at(setting.option));
  return common::join(texts, " ");
}

std::vector<double> SettingsSpace::features(const Choices& choices) const {
  std::vector<double> features;
  for (size_t i = 0; i < settings_.size(); ++i) {
    const auto count = static_cast<int>(settings_[i].values.size());
    if (settings_[i].scale != Scale::kCategorical) {
      features.push_back(static_cast<double>(choices[i]) / (count - 1));
      continue;
    }
    for (int value = 0; value < count; ++value) features.push_back(choices[i] == value ? 1.0 : 0.0);
  }
  return features;
}

Architecture SettingsSpace::architecture(const Choices& /*choices*/) const {
  throw common::InternalError({.where = "space of settings", .what = "it has no architectures"});
}

Choices SettingsSpace::choices(const Architecture& /*architecture*/) const {
  throw common::DataError({.where = "space of settings", .what = "it has no architectures"});
}

}  // namespace nas::search_space
