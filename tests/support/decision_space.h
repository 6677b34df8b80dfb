// A space of any decisions, for tests of strategies: nothing is behind its choices, and all of them
// have different keys.
#pragma once

#include <utility>

#include "common/error.h"
#include "search_space/space.h"

namespace nas::controller {

class DecisionSpace : public search_space::Space {
 public:
  explicit DecisionSpace(std::vector<search_space::Decision> list) { decisions_ = std::move(list); }

  search_space::Architecture architecture(const search_space::Choices&) const override {
    throw common::InternalError({.where = "test", .what = "no architecture behind this space"});
  }
  search_space::Choices choices(const search_space::Architecture&) const override {
    throw common::DataError({.where = "test", .what = "no architecture behind this space"});
  }
  std::string key(const search_space::Choices& choices) const override {
    std::string text;
    for (const int choice : choices) text += std::to_string(choice) + ",";
    return text;
  }
  std::vector<double> features(const search_space::Choices& choices) const override {
    return {choices.begin(), choices.end()};
  }
};

// "0", "1", …: values of a decision.
inline std::vector<std::string> numbered(int count) {
  std::vector<std::string> values;
  for (int i = 0; i < count; ++i) values.push_back(std::to_string(i));
  return values;
}

}  // namespace nas::controller
