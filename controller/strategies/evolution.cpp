// Regularised evolution (Real et al. 2019): of a few members, drawn at random from the population,
// the best gets a mutated child; whenever one joins, the oldest dies, however good it is.
//
// The defaults are what Dong and Yang (2020) use for hundreds of trials; those of the paper, for
// 20,000, are --evolution.population 100 --evolution.tournament 25.
#include <algorithm>
#include <cmath>
#include <deque>

#include "controller/mutation.h"
#include "controller/state_text.h"
#include "controller/strategy.h"

namespace nas::controller {
namespace {

constexpr const char* kName = "evolution";

// A proposal is random until the population is full, counting those under way. A failed trial never
// joins, so a random one takes its place at the start, and later nobody dies for it.
class Evolution : public Strategy {
 public:
  Evolution(const SpaceView& view, const StrategySetup& setup)
      : view_(view),
        seed_(setup.seed),
        population_(static_cast<size_t>(setup.options.integer("population"))),
        tournament_(setup.options.integer("tournament")) {}

  Choices propose() override {
    common::RandomStream random({.seed = seed_, .trial = proposals_, .purpose = "propose"});
    ++proposals_;
    const bool full = !members_.empty() && members_.size() + pending_ >= population_;
    ++pending_;
    return full ? mutate(view_, winner(random).choices, random) : view_.sample(random);
  }

  void observe(const Observation& observation) override {
    --pending_;
    if (observation.outcome != Outcome::kSucceeded || !std::isfinite(observation.reward)) return;
    members_.push_back({.choices = observation.choices, .reward = observation.reward});
    if (members_.size() > population_) members_.pop_front();
  }

  std::string save_state() const override {
    common::Json state = new_state(kName);
    state["proposals"] = proposals_;
    state["pending"] = pending_;
    state["members"] = common::Json::array();
    for (const Member& member : members_) {
      common::Json item = common::Json::object();
      item["choices"] = member.choices;
      item["reward"] = member.reward;
      state["members"].push_back(item);
    }
    return state.dump();
  }

  void load_state(const std::string& text) override {
    const common::Json state = parse_state(text, kName);
    proposals_ = common::json_get<uint64_t>(state, "proposals", kStateName);
    pending_ = common::json_get<size_t>(state, "pending", kStateName);
    members_.clear();
    for (const auto& item : common::json_get<common::Json>(state, "members", kStateName)) {
      members_.push_back({.choices = choices_from_json(item, view_),
                          .reward = common::json_get<double>(item, "reward", kStateName)});
    }
  }

 private:
  struct Member {
    Choices choices;
    double reward = 0.0;
  };

  // The best of `tournament_` members, no two of them the same.
  const Member& winner(common::RandomStream& random) const {
    const auto count = static_cast<int64_t>(members_.size());
    const std::vector<int64_t> order = random.permutation(count);
    const Member* best = nullptr;
    for (int64_t i = 0; i < std::min(tournament_, count); ++i) {
      const Member& drawn = members_[static_cast<size_t>(order[static_cast<size_t>(i)])];
      if (best == nullptr || drawn.reward > best->reward) best = &drawn;
    }
    return *best;
  }

  SpaceView view_;
  uint64_t seed_;
  size_t population_;
  int64_t tournament_;

  // The state.
  uint64_t proposals_ = 0;
  size_t pending_ = 0;          // proposed and not yet observed
  std::deque<Member> members_;  // oldest first; population_ at most
};

common::OptionList options() {
  return {{.name = "population",
           .value = 10,
           .help = "Members of the population; until there are so many, proposals are random",
           .unit = "trials",
           .min = 1.0,
           .max = 1000000.0},
          {.name = "tournament",
           .value = 3,
           .help = "Members that are drawn, the best of which is mutated; 1: a random one is",
           .unit = "trials",
           .min = 1.0,
           .max = 1000000.0}};
}

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<Evolution>(view, setup);
}

const common::Register<StrategyPlugin> kRegister{
    {.name = kName,
     .summary = "Regularised evolution: mutations of the best of a few, the oldest die (Real 2019)",
     .options = options,
     .make = make}};

}  // namespace
}  // namespace nas::controller
