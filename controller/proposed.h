// The networks that a strategy has proposed.
#pragma once

#include <set>

#include "controller/state_text.h"

namespace nas::controller {

// Knows them by hashes of their keys, so that equal networks are one, and a million fits.
class Proposed {
 public:
  explicit Proposed(const SpaceView& view) : view_(view) {}

  bool contains(const Choices& choices) const { return hashes_.count(hash(choices)) > 0; }
  void add(const Choices& choices) { hashes_.insert(hash(choices)); }

  std::string save() const { return pack(std::vector<uint64_t>(hashes_.begin(), hashes_.end())); }
  void load(const std::string& text) {
    const auto saved = unpack<uint64_t>(text);
    hashes_ = std::set<uint64_t>(saved.begin(), saved.end());
  }

 private:
  uint64_t hash(const Choices& choices) const {
    const std::string key = view_.key(choices);
    return common::RandomKey{.purpose = key}.value();
  }

  SpaceView view_;
  std::set<uint64_t> hashes_;
};

}  // namespace nas::controller
