// Local search (White et al. 2021): the neighbours of the best trial of a climb, in random order,
// move there on the first improvement. When none of them improved on it, it is a local optimum, and
// the next climb begins at random.
//
// With several proposals in flight, random ones are made while the last neighbours are trained; the
// best of them begins the next climb, or, when it is better than all so far, takes this one over.
#include <algorithm>
#include <cmath>
#include <deque>

#include "controller/proposed.h"
#include "controller/strategy.h"

namespace nas::controller {
namespace {

constexpr const char* kName = "local-search";

class LocalSearch : public Strategy {
 public:
  LocalSearch(const SpaceView& view, uint64_t seed) : view_(view), seed_(seed), proposed_(view) {}

  Choices propose() override {
    common::RandomStream random({.seed = seed_, .trial = proposals_, .purpose = "propose"});
    ++proposals_;
    const bool start = untried_.empty();
    const Choices choices = start ? view_.sample(random) : untried_.back();
    pending_.push_back(start);
    proposed_.add(choices);
    drop_known();
    return choices;
  }

  void observe(const Observation& observation) override {
    const bool start = pending_.front();  // observations come in the order of the proposals
    pending_.pop_front();
    if (observation.outcome != Outcome::kSucceeded || !std::isfinite(observation.reward)) return;
    // So is nothing, before the first success.
    const bool at_optimum =
        untried_.empty() && std::count(pending_.begin(), pending_.end(), false) == 0;
    if (observation.reward > reward_ || (start && at_optimum)) {
      centre_ = observation.choices;
      reward_ = observation.reward;
      ++moves_;
      look_around();
    }
  }

  std::string save_state() const override {
    common::Json state = new_state(kName);
    state["proposals"] = proposals_;
    state["moves"] = moves_;
    state["choices"] = centre_;
    state["reward"] = reward_;
    state["proposed"] = proposed_.save();
    state["pending"] = pending_;
    return state.dump();
  }

  void load_state(const std::string& text) override {
    using common::json_get;
    const common::Json state = parse_state(text, kName);
    proposals_ = json_get<uint64_t>(state, "proposals", kStateName);
    moves_ = json_get<uint64_t>(state, "moves", kStateName);
    reward_ = json_get<double>(state, "reward", kStateName);
    proposed_.load(json_get<std::string>(state, "proposed", kStateName));
    pending_ = json_get<std::deque<bool>>(state, "pending", kStateName);
    untried_.clear();
    if (moves_ == 0) return;
    centre_ = choices_from_json(state, view_);
    look_around();
  }

 private:
  // The neighbours of the centre that were never proposed, in random order.
  void look_around() {
    common::RandomStream random({.seed = seed_, .trial = moves_, .purpose = "neighbours"});
    const std::vector<Choices> near = view_.neighbours(centre_);
    untried_.clear();
    for (const int64_t i : random.permutation(static_cast<int64_t>(near.size()))) {
      untried_.push_back(near[static_cast<size_t>(i)]);
    }
    drop_known();
  }

  // So that untried_ is empty or ends with a new one.
  void drop_known() {
    while (!untried_.empty() && proposed_.contains(untried_.back())) untried_.pop_back();
  }

  SpaceView view_;
  uint64_t seed_;

  // The state.
  uint64_t proposals_ = 0;
  uint64_t moves_ = 0;            // of the centre, in all climbs
  Choices centre_;                // the best of this climb; none before the first move
  double reward_ = 0.0;           // the centre's
  std::vector<Choices> untried_;  // neighbours of the centre; follows from the rest
  Proposed proposed_;
  std::deque<bool> pending_;  // oldest first: was it a random start?
};

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<LocalSearch>(view, setup.seed);
}

const common::Register<StrategyPlugin> kRegister{
    {.name = kName,
     .summary = "Climbs from neighbour to neighbour, and begins again at an optimum (White 2021)",
     .make = make}};

}  // namespace
}  // namespace nas::controller
