// The median stopping rule (Golovin et al., KDD 2017, section 3.2.2): a training stops where its
// best reward so far is below the median, over the others, of their mean reward up to that epoch.
// The others are those that were judged here before it.
#include <algorithm>
#include <numeric>

#include "common/statistics.h"
#include "engine/fidelity.h"

namespace nas::engine {
namespace {

constexpr size_t kFewestOthers = 3;  // the median of fewer says little: all go on

class Median : public PromotionRule {
 public:
  std::optional<size_t> add(const RungResult& result) override {
    const size_t place = promoted_.size();
    const auto& rewards = result.rewards;
    const bool goes_on = result.succeeded && !stops(rewards);
    promoted_.push_back(goes_on);
    if (result.succeeded) {
      means_.push_back(std::accumulate(rewards.begin(), rewards.end(), 0.0) /
                       static_cast<double>(rewards.size()));
    }
    return goes_on ? std::optional(place) : std::nullopt;
  }

  std::vector<size_t> never(size_t /*most*/) const override {
    std::vector<size_t> places;
    for (size_t place = 0; place < promoted_.size(); ++place) {
      if (!promoted_[place]) places.push_back(place);
    }
    return places;
  }

 private:
  bool stops(const std::vector<double>& rewards) const {
    return means_.size() >= kFewestOthers &&
           *std::max_element(rewards.begin(), rewards.end()) < common::median(means_);
  }

  std::vector<bool> promoted_;  // by place
  std::vector<double> means_;   // of those that succeeded
};

const common::Register<FidelityPlugin> kRegister{
    {.name = "median",
     .summary = "Median stopping rule: what is worse than half of the others stops (Golovin 2017)",
     .make = [](int64_t) -> std::unique_ptr<PromotionRule> { return std::make_unique<Median>(); },
     .share = [](int64_t) { return 1.0; },  // the rule spares what is good early: at most so many
     .fewest_trials = [](int64_t, int64_t) { return static_cast<int64_t>(kFewestOthers) + 1; },
     .judges_once = true}};

}  // namespace
}  // namespace nas::engine
