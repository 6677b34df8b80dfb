#include "search_space/space.h"

namespace nas::search_space {

bool Space::active(size_t decision, const Choices& choices) const {
  const auto& condition = decisions_[decision].active_if;
  if (!condition) return true;
  return choices[static_cast<size_t>(condition->decision)] == condition->choice;
}

bool Space::valid(const Choices& choices) const {
  if (choices.size() != decisions_.size()) return false;
  for (size_t i = 0; i < choices.size(); ++i) {
    const int count = static_cast<int>(decisions_[i].values.size());
    const bool chosen = choices[i] >= 0 && choices[i] < count;
    if (active(i, choices) ? !chosen : choices[i] != kInactive) return false;
  }
  return true;
}

Choices Space::sample(common::RandomStream& random) const {
  Choices choices(decisions_.size(), kInactive);
  for (size_t i = 0; i < choices.size(); ++i) {
    const auto count = static_cast<int64_t>(decisions_[i].values.size());
    if (active(i, choices)) choices[i] = static_cast<int>(random.integer(count));
  }
  return choices;
}

std::vector<Choices> Space::neighbours(const Choices& choices) const {
  std::vector<Choices> all;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (!active(i, choices)) continue;
    for (int value = 0; value < static_cast<int>(decisions_[i].values.size()); ++value) {
      if (value == choices[i]) continue;
      Choices changed = choices;
      changed[i] = value;
      // What the change switches off is forgotten; what it switches on takes its first value.
      for (size_t j = i + 1; j < changed.size(); ++j) {
        if (!active(j, changed)) {
          changed[j] = kInactive;
        } else if (changed[j] == kInactive) {
          changed[j] = 0;
        }
      }
      all.push_back(std::move(changed));
    }
  }
  return all;
}

}  // namespace nas::search_space
