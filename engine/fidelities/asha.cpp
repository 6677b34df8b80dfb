// Asynchronous successive halving (Li et al., MLSys 2020): of the n results that a rung has so far,
// the best n / eta go on. Nothing waits for a rung to be full, so one whose turn has not come may
// still go on when worse ones have followed.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/fidelity.h"

namespace nas::engine {
namespace {

class Halving : public PromotionRule {
 public:
  explicit Halving(int64_t eta) : eta_(static_cast<size_t>(eta)) {}

  // One that failed was trained too: it is the worst, and makes room for another. With one more
  // result there is at most one more among the best n / eta.
  std::optional<size_t> add(const RungResult& result) override {
    const size_t place = results_.size();
    results_.push_back({.worth = result.succeeded ? result.reward : kWorst});
    const auto better = [&](size_t a, size_t b) { return results_[a].worth > results_[b].worth; };
    // Behind its equals: the earlier one is first.
    best_first_.insert(std::upper_bound(best_first_.begin(), best_first_.end(), place, better),
                       place);
    for (size_t rank = 0; rank < results_.size() / eta_; ++rank) {
      Result& candidate = results_[best_first_[rank]];
      if (candidate.promoted || candidate.worth == kWorst) continue;
      candidate.promoted = true;
      return best_first_[rank];
    }
    return std::nullopt;
  }

  std::vector<size_t> never(size_t most) const override {
    std::vector<size_t> places;
    for (size_t rank = 0; rank < best_first_.size(); ++rank) {
      const Result& result = results_[best_first_[rank]];
      if (result.promoted) continue;
      if (rank >= most / eta_ || result.worth == kWorst) places.push_back(best_first_[rank]);
    }
    return places;
  }

 private:
  static constexpr double kWorst = -std::numeric_limits<double>::infinity();
  struct Result {
    double worth = 0.0;
    bool promoted = false;
  };

  size_t eta_;
  std::vector<Result> results_;
  std::vector<size_t> best_first_;  // places
};

const common::Register<FidelityPlugin> kRegister{
    {.name = "asha",
     .summary = "Asynchronous successive halving: the best 1/eta of each rung go on (Li 2020)",
     .make = [](int64_t eta) -> std::unique_ptr<PromotionRule> {
       return std::make_unique<Halving>(eta);
     },
     .share = [](int64_t eta) { return 1.0 / static_cast<double>(eta); },
     .fewest_trials =
         [](int64_t eta, int64_t rungs) {
           return static_cast<int64_t>(std::pow(eta, rungs - 1));
         }}};

}  // namespace
}  // namespace nas::engine
