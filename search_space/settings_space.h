// A space of settings of a training (hyper-parameters): one decision a setting, whose name is that
// of the option. Numbers have a fixed number of levels on their scale. There is no architecture in
// it: all trainings are of one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/options.h"
#include "search_space/space.h"

namespace nas::search_space {

struct Setting {
  std::string option;               // "lr"
  std::vector<std::string> values;  // 2 or more, as one would type them, ascending on a scale
  Scale scale = Scale::kCategorical;
  std::string place = {};  // FILE:LINE where it was read, for messages
};

// `levels` values from `min` to `max`, evenly spaced on the scale, with four digits.
std::vector<std::string> levels_of(double min, double max, int64_t levels, Scale scale);
// Whole numbers, at most so many, all multiples of `step` as both ends are.
std::vector<std::string> whole_levels_of(int64_t min, int64_t max, int64_t levels, Scale scale,
                                         int64_t step = 1);

class SettingsSpace : public Space {
 public:
  // Throws ConfigError: none, one twice, one without a choice.
  explicit SettingsSpace(std::vector<Setting> settings);

  const std::vector<Setting>& settings() const { return settings_; }

  // Of valid choices: option -> value.
  std::map<std::string, std::string> values(const Choices& choices) const;

  // "lr=0.05 drop-path=0.1".
  std::string key(const Choices& choices) const override;
  // A number's place on its scale in [0, 1]; for a choice of values each 1 or 0.
  std::vector<double> features(const Choices& choices) const override;

  // Throw InternalError and DataError: there is none.
  Architecture architecture(const Choices& choices) const override;
  Choices choices(const Architecture& architecture) const override;

 private:
  std::vector<Setting> settings_;
};

// What find_space() is for networks: the registered space of settings, or the one in a file, whose
// settings are among `options` and have their types and ranges. Throws UsageError, ConfigError.
std::unique_ptr<SettingsSpace> find_settings(const std::string& text,
                                             const common::Options& options);

}  // namespace nas::search_space
