#include "engine/given_trials.h"

#include "common/error.h"
#include "common/file.h"

namespace nas::engine {

namespace {

// An architecture that the user named; of the space or not.
Trial given_trial(const search_space::Space& space, const std::string& text) {
  Trial trial;
  trial.architecture = search_space::find_architecture(text);
  try {
    trial.choices = space.choices(trial.architecture);
    trial.key = space.key(trial.choices);
  } catch (const common::DataError&) {
    trial.key =
        kGivenKey + common::sha256_of_text(search_space::to_json(trial.architecture).dump());
  }
  return trial;
}

}  // namespace

std::vector<Trial> given_trials(const RunSpace& space, const common::Options& options) {
  std::vector<Trial> trials;
  if (space.of_settings()) {
    trials.push_back({.id = 0,
                      .choices = space.given().value_or(search_space::Choices()),
                      .key = kSettingsAsGiven});
    trials.back().architecture = space.architecture({});
  }
  for (const auto& text : options.list("start-with"))
    trials.push_back(given_trial(space.space(), text));
  for (size_t i = 0; i < trials.size(); ++i) trials[i].id = static_cast<int64_t>(i);
  return trials;
}

}  // namespace nas::engine
