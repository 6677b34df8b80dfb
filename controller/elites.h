// The best distinct trials so far.
#pragma once

#include <vector>

#include "common/json.h"
#include "controller/space_view.h"

namespace nas::controller {

class Elites {
 public:
  explicit Elites(int64_t capacity) : capacity_(static_cast<size_t>(capacity)) {}  // 0 or more

  // `key`: equal for equal networks, of which the first is kept. Earlier ones win ties.
  void offer(const std::string& key, const Choices& choices, double reward);

  // The best min(count, capacity, size) ones, best first.
  std::vector<Choices> best(size_t count) const;

  common::Json save() const;
  void load(const common::Json& json, const SpaceView& view);

 private:
  struct Elite {
    std::string key;
    Choices choices;
    double reward = 0.0;
  };

  size_t capacity_;
  std::vector<Elite> elites_;  // best first
};

}  // namespace nas::controller
