// What a search shows while it runs.
#pragma once

#include "common/log.h"
#include "engine/coordinator.h"

namespace nas::engine {

// A line whenever a training ended; estimates the rest from this start's pace.
class SearchProgress {
 public:
  void operator()(const SearchStatus& status);

 private:
  common::ProgressLine line_;
  int64_t first_ = -1;
  int64_t shown_ = -1;
  double ended_ = 0.0;  // seconds until the last trial ended
};

}  // namespace nas::engine
