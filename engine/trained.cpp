#include "engine/trained.h"

#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>

namespace nas::engine {

namespace {

bool is_trained(const Trial& row) {
  return row.state == TrialState::kSucceeded && row.reward && !row.reused_from;
}

}  // namespace

bool is_better(const Trial& one, const Trial& other) {
  const bool derived = one.metrics.contains("mixture") && other.metrics.contains("mixture");
  if (derived && one.to_epoch == other.to_epoch) return one.id > other.id;
  return std::tie(one.to_epoch, *one.reward) > std::tie(other.to_epoch, *other.reward);
}

double Trained::mean_reward() const {
  return std::accumulate(rewards.begin(), rewards.end(), 0.0) / static_cast<double>(rewards.size());
}

std::vector<int64_t> trained_epochs(const std::vector<Trial>& trials,
                                    const std::vector<Trial>& further) {
  std::set<int64_t, std::greater<>> epochs;
  for (const auto* rows : {&trials, &further}) {
    for (const auto& row : *rows) {
      if (is_trained(row)) epochs.insert(row.to_epoch);
    }
  }
  return {epochs.begin(), epochs.end()};
}

std::vector<Trained> trained_architectures(const std::vector<Trial>& trials,
                                           const std::vector<Trial>& further, int64_t epochs) {
  std::vector<Trained> trained;
  std::map<std::string, size_t> by_key;
  for (const auto* rows : {&trials, &further}) {
    for (const auto& row : *rows) {
      if (!is_trained(row) || row.to_epoch != epochs) continue;
      if (row.metrics.contains("mixture")) {
        trained.clear();
        by_key.clear();
      }
      const auto [found, added] = by_key.insert({row.key, trained.size()});
      if (added) {
        trained.push_back({.trial = row, .row = row.id, .rewards = {}});
        trained.back().trial.id = parent_of(row);
      }
      trained[found->second].rewards.push_back(*row.reward);
    }
  }
  return trained;
}

std::vector<Trained> trained_architectures(const std::vector<Trial>& trials,
                                           const std::vector<Trial>& further) {
  const auto epochs = trained_epochs(trials, further);
  if (epochs.empty()) return {};
  return trained_architectures(trials, further, epochs.front());
}

std::vector<Trial> longest_trained(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& further) {
  std::vector<Trial> longest;
  for (auto& one : trained_architectures(trials, further)) longest.push_back(std::move(one.trial));
  return longest;
}

}  // namespace nas::engine
