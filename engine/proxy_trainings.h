// What `nas bench proxy` trains: children as a search would, and unless a table says what they are
// worth, each of them longer. Two runs in --out, `short` and `long-EPOCHS`.
#pragma once

#include <string>
#include <vector>

#include "engine/run_folder.h"
#include "engine/trial.h"

namespace nas::engine {

// A search's options that its children have here too.
common::OptionList proxy_training_options();

class ProxyTrainings {
 public:
  // `options` of `nas bench proxy`; `architectures`: of its table, which are trained once each;
  // none: --architectures random ones, and then longer. Trains nothing yet. Throws UsageError (no
  // proxy dataset; a longer training that is not longer) and ConfigError (trainings that are there
  // already are others).
  ProxyTrainings(const common::Options& options, std::vector<std::string> architectures);

  // What is not there yet: each architecture, further trainings of the one in the middle, the
  // longer trainings. False when asked to stop. Throws what a search throws.
  bool train();

  const RunFolder& children() const { return short_; }
  // Of train() without a table.
  std::vector<Trial> longer_trainings() const;

 private:
  bool is_longer() const { return architectures_.empty(); }
  common::Options settings(const RunFolder& run,
                           const std::vector<std::string>& architectures) const;
  common::Options longer_settings(const std::vector<Trial>& trials) const;
  void check_longer(const common::Options& settings) const;
  bool repeat_middle(const std::vector<Trial>& trials) const;

  common::Options options_;
  std::vector<std::string> architectures_;
  RunFolder short_;
  RunFolder long_;
};

}  // namespace nas::engine
