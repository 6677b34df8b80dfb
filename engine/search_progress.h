// What a search shows while it runs.
#pragma once

#include "common/log.h"
#include "engine/coordinator.h"

namespace nas::engine {

// A line whenever a training ended; estimates the rest from this start's pace. With shared weights
// trials are of no one length: it says how far these are trained.
class SearchProgress {
 public:
  // Both must outlive it.
  SearchProgress(const RunFolder& run, const common::Options& options);
  void operator()(const SearchStatus& status);

 private:
  const std::string& supernet_part(double now);

  const RunFolder& run_;
  const common::Options& options_;
  bool shared_;
  bool in_rungs_;
  std::string supernet_;
  double read_at_ = -1.0;  // seconds: when that was read
  common::ProgressLine line_;
  int64_t first_ = -1;
  int64_t shown_ = -1;
  double ended_ = 0.0;  // seconds until the last trial ended
};

}  // namespace nas::engine
