// What `nas bench supernet` trains: for each method a supernet and, at the same cost, each of some
// architectures alone. Two runs a method in --out, `METHOD` and `alone-METHOD`.
#pragma once

#include <string>
#include <vector>

#include "engine/run_folder.h"
#include "engine/search.h"

namespace nas::engine {

// What a supernet has cost, and how long each architecture is trained alone to cost as much.
struct SupernetCost {
  double seconds = 0.0;  // of training it, and of rewarding the architectures
  int64_t epochs = 1;
  int64_t train_images = 1;
};

struct SupernetBenchPart {
  std::string run;       // METHOD or alone-METHOD
  double seconds = 0.0;  // that it will take; of one that is half done, those of the whole
  bool done = false;
};

class SupernetTrainings {
 public:
  // Trains nothing yet. Throws UsageError (no proxy dataset) and ConfigError: as
  // check_supernet_methods(), and where the runs in --out are of other architectures.
  SupernetTrainings(const common::Options& options, std::vector<std::string> architectures);

  RunFolder supernet(const std::string& method) const { return folder(method); }
  RunFolder alone(const std::string& method) const { return folder("alone-" + method); }

  // What is not there yet. False when asked to stop. Throw what a search throws.
  bool train_supernet(const std::string& method) const;
  bool train_alone(const std::string& method, const SupernetCost& cost) const;

  // Of a supernet that is trained. It is kept, since a second measurement would be another one:
  // `rewarding_seconds` counts the first time.
  SupernetCost cost(const std::string& method, double rewarding_seconds) const;

  // Times some steps of each training, and leaves nothing behind. Throws what a search throws
  // before it begins.
  std::vector<SupernetBenchPart> project() const;

 private:
  RunFolder folder(const std::string& name) const;
  std::filesystem::path cost_file(const std::string& method) const;
  void check_runs() const;
  common::Options supernet_options(const std::string& method) const;
  common::Options alone_options(const std::string& method, const common::Options& supernet,
                                const SupernetCost& cost) const;
  SupernetCost cost_of_seconds(const common::Options& supernet, const common::Json& proxy,
                               double seconds) const;
  void announce(const RunFolder& run, const std::string& what) const;

  common::Options options_;
  std::vector<std::string> architectures_;
};

// Of the trials that were trained.
double seconds_of_trials(const RunFolder& run);

}  // namespace nas::engine
