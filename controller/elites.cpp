#include "controller/elites.h"

#include <algorithm>

#include "controller/state_text.h"

namespace nas::controller {

void Elites::offer(const std::string& key, const Choices& choices, double reward) {
  for (const Elite& elite : elites_) {
    if (elite.key == key) return;
  }
  const auto place = std::find_if(elites_.begin(), elites_.end(),
                                  [&](const Elite& elite) { return elite.reward < reward; });
  elites_.insert(place, Elite{.key = key, .choices = choices, .reward = reward});
  if (elites_.size() > capacity_) elites_.pop_back();
}

std::vector<Choices> Elites::best(size_t count) const {
  std::vector<Choices> best;
  for (size_t i = 0; i < std::min(count, elites_.size()); ++i) best.push_back(elites_[i].choices);
  return best;
}

common::Json Elites::save() const {
  common::Json json = common::Json::array();
  for (const Elite& elite : elites_) {
    common::Json item = common::Json::object();
    item["choices"] = elite.choices;
    item["reward"] = elite.reward;
    json.push_back(item);
  }
  return json;
}

void Elites::load(const common::Json& json, const SpaceView& view) {
  elites_.clear();
  for (const common::Json& item : json) {
    Choices choices = choices_from_json(item, view);
    const std::string key = view.key(choices);
    elites_.push_back({.key = key,
                       .choices = std::move(choices),
                       .reward = common::json_get<double>(item, "reward", kStateName)});
  }
}

}  // namespace nas::controller
