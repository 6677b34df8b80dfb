// Searches of the real program that train children of a few steps: seconds.
#pragma once

#include "common/text.h"
#include "tests/cli/searches.h"

namespace nas::tests {

// dir/shapes.h5, the proxy of these searches.
inline void make_shapes(const std::filesystem::path& dir) {
  const ProgramResult made = run_program(
      {"data", "make", "shapes", "--images", "200", "--size", "16", "--data-dir", "."}, dir);
  if (made.exit_code != 0) throw std::runtime_error(made.err);
}

// nas search into the run folder ./RUN.
inline std::vector<std::string> small_search_in(const std::string& space, const std::string& run,
                                                const std::string& strategy, int trials,
                                                const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = common::split(
      "search --proxy shapes.h5 --workers 2 --window 2 --device cpu --cells 1 --filters 4 "
      "--input-size 16 --train-images 64 --valid-images 32 --epochs 1 --batch-size 32 --threads 1",
      ' ');
  words.insert(words.end(), {"--run", "./" + run, "--space", space, "--strategy", strategy,
                             "--trials", std::to_string(trials)});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Of nine random trials.
inline std::vector<std::string> small_search(const std::string& run,
                                             const std::vector<std::string>& more) {
  return small_search_in("nasbench201", run, "random", 9, more);
}

// What it prints; it must end well.
inline std::string ran_well(const std::filesystem::path& dir,
                            const std::vector<std::string>& words) {
  const ProgramResult result = run_program(words, dir);
  if (result.exit_code != 0) throw std::runtime_error(result.err);
  return result.out;
}
inline std::string ran_well(const std::filesystem::path& dir, const std::string& words) {
  return ran_well(dir, common::split(words, ' '));
}

// What two runs that found the same must share: all but times, memory, and who did it.
inline std::string found_by(const std::filesystem::path& dir, const std::string& run) {
  common::Json status = common::parse_json(outcome_of(dir, run), run);
  for (auto& trial : status["trials"]) {
    for (const char* key : {"seconds", "images_per_second", "peak_bytes", "times"})
      trial["metrics"].erase(key);
  }
  return status.dump(1);
}

}  // namespace nas::tests
