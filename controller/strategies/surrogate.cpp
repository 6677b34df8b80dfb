// Bayesian optimisation, as BANANAS does it (White et al. 2021) with a Gaussian process in the
// place of its ensemble: after some random trials a model of them says of a thousand new networks,
// mutations of the best trials and random ones, which to train next.
//
//   upper-confidence  largest mean + exploration * deviation (Srinivas et al. 2010)
//   thompson          largest draw from each network's own mean and deviation
#include <algorithm>

#include "common/error.h"
#include "controller/mutation.h"
#include "controller/proposed.h"
#include "controller/strategy.h"
#include "controller/surrogate.h"

namespace nas::controller {
namespace {

constexpr const char* kName = "surrogate";
constexpr double kFurtherMutation = 0.5;  // chance of one more
constexpr int kStartDraws = 100;          // for a start that is new

class SurrogateSearch : public Strategy {
 public:
  SurrogateSearch(const SpaceView& view, const StrategySetup& setup)
      : view_(view),
        seed_(setup.seed),
        starts_(static_cast<size_t>(setup.options.integer("starts"))),
        candidates_(setup.options.integer("candidates")),
        rounds_(setup.options.integer("rounds")),
        parents_(static_cast<size_t>(setup.options.integer("parents"))),
        thompson_(setup.options.text("acquisition") == "thompson"),
        exploration_(setup.options.number("exploration")),
        surrogate_(view),
        proposed_(view) {}

  Choices propose() override {
    common::RandomStream random({.seed = seed_, .trial = proposals_, .purpose = "propose"});
    ++proposals_;
    Choices choices = surrogate_.size() < starts_ ? start(random) : most_promising(random);
    proposed_.add(choices);
    pending_.push_back(choices);
    return choices;
  }

  void observe(const Observation& observation) override {
    const auto found = std::find(pending_.begin(), pending_.end(), observation.choices);
    if (found == pending_.end()) {
      throw common::InternalError({.where = kName, .what = "observed what was not proposed"});
    }
    pending_.erase(found);
    surrogate_.add(observation);
  }

  std::string save_state() const override {
    common::Json state = new_state(kName);
    state["proposals"] = proposals_;
    state["surrogate"] = surrogate_.save();
    state["proposed"] = proposed_.save();
    state["pending"] = common::Json::array();
    for (const Choices& choices : pending_) {
      common::Json item = common::Json::object();
      item["choices"] = choices;
      state["pending"].push_back(item);
    }
    return state.dump();
  }

  void load_state(const std::string& text) override {
    using common::json_get;
    const common::Json state = parse_state(text, kName);
    proposals_ = json_get<uint64_t>(state, "proposals", kStateName);
    surrogate_.load(json_get<common::Json>(state, "surrogate", kStateName));
    proposed_.load(json_get<std::string>(state, "proposed", kStateName));
    pending_.clear();
    for (const auto& item : json_get<common::Json>(state, "pending", kStateName)) {
      pending_.push_back(choices_from_json(item, view_));
    }
  }

 private:
  struct Candidate {
    Choices choices;
    double promise = 0.0;
  };

  Choices start(common::RandomStream& random) const {
    Choices choices = view_.sample(random);
    for (int i = 0; i < kStartDraws && proposed_.contains(choices); ++i) {
      choices = view_.sample(random);
    }
    return choices;
  }

  // Candidates come in rounds: in the first half of them are random and half are mutations of the
  // best trials, in later ones all are mutations of the most promising candidates so far.
  Choices most_promising(common::RandomStream& random) const {
    const GaussianProcess model = surrogate_.model(pending_);
    std::vector<Choices> parents = surrogate_.best(parents_);
    Proposed known = proposed_;
    std::vector<Candidate> best;
    for (int64_t round = 0; round < rounds_; ++round) {
      std::vector<Choices> fresh;
      for (int64_t i = 0; i < candidates_ / rounds_; ++i) {
        const bool anywhere = parents.empty() || (round == 0 && i % 2 == 0);
        Choices choices = anywhere ? view_.sample(random) : child(parents, random);
        if (known.contains(choices)) continue;
        known.add(choices);
        fresh.push_back(std::move(choices));
      }
      if (fresh.empty()) break;
      const auto posterior = model.predict(surrogate_.points(fresh));
      const double* mean = posterior.mean.const_data_ptr<double>();
      const double* deviation = posterior.deviation.const_data_ptr<double>();
      for (size_t i = 0; i < fresh.size(); ++i) {
        const double chance = thompson_ ? random.normal() : exploration_;
        best.push_back({std::move(fresh[i]), mean[i] + chance * deviation[i]});
      }
      std::stable_sort(best.begin(), best.end(), [](const Candidate& a, const Candidate& b) {
        return a.promise > b.promise;
      });
      if (best.size() > parents_) best.resize(parents_);
      parents.clear();
      for (const Candidate& candidate : best) parents.push_back(candidate.choices);
    }
    return best.empty() ? view_.sample(random) : best[0].choices;  // none: all may be known
  }

  Choices child(const std::vector<Choices>& parents, common::RandomStream& random) const {
    const auto count = static_cast<int64_t>(parents.size());
    Choices choices = parents[static_cast<size_t>(random.integer(count))];
    do {
      choices = mutate(view_, std::move(choices), random);
    } while (random.chance(kFurtherMutation));
    return choices;
  }

  SpaceView view_;
  uint64_t seed_;
  size_t starts_;
  int64_t candidates_;
  int64_t rounds_;
  size_t parents_;
  bool thompson_;
  double exploration_;

  // The state.
  uint64_t proposals_ = 0;
  Surrogate surrogate_;
  Proposed proposed_;
  std::vector<Choices> pending_;  // oldest first
};

common::OptionList options() {
  return {{.name = "starts",
           .value = 10,
           .help = "Observed trials until which proposals are random",
           .unit = "trials",
           .min = 2.0},
          {.name = "candidates",
           .value = 1000,
           .help = "Networks of which the most promising is proposed",
           .unit = "networks",
           .min = 1.0},
          {.name = "rounds",
           .value = 4,
           .help = "Rounds in which candidates are made: later ones mutate the most promising",
           .min = 1.0},
          {.name = "parents",
           .value = 10,
           .help = "Best trials, then most promising candidates, that are mutated",
           .min = 1.0},
          {.name = "acquisition",
           .value = "upper-confidence",
           .help = "What makes a candidate promising: mean + exploration * deviation, or a draw",
           .choices = {"upper-confidence", "thompson"}},
          {.name = "exploration",
           .value = 2.0,
           .help = "Standard deviations that upper-confidence adds to the mean",
           .min = 0.0}};
}

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<SurrogateSearch>(view, setup);
}

const common::Register<StrategyPlugin> kRegister{
    {.name = kName,
     .summary =
         "Bayesian optimisation: a Gaussian process of the trials picks the next (White 2021)",
     .options = options,
     .make = make}};

}  // namespace
}  // namespace nas::controller
