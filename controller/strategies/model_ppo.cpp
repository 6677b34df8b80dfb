// Model-based proximal policy optimisation, as DyNA-PPO does it (Angermueller et al. 2020):
// whenever a trial has been observed, the policy is trained on networks that it draws itself, whose
// rewards are what a model of the trials expects. So the policy makes hundreds of updates for each
// trial, and a trial is worth more to it.
//
// With s the mean + exploration * deviation that the model has of a network, its advantage is
// (s - mean of s) / deviation of s, over the batch. Such batches cost no trial, so that each is
// used for one step only and the next is drawn from the changed policy. The trials themselves train
// the policy as in ppo.
//
// A proposal is the new network with the highest s of those that the policy draws and of a mutation
// of each: a policy that has made up its mind still gets to see what lies around.
#include <ATen/core/grad_mode.h>

#include "controller/clipped_objective.h"
#include "controller/mutation.h"
#include "controller/surrogate.h"

namespace nas::controller {
namespace {

constexpr const char* kName = "model-ppo";
constexpr double kHighestTemperature = 3.0;
constexpr int kMutations = 8;  // of every candidate, one after another, while none is new

class ModelPpo : public PolicyLearner {
 public:
  ModelPpo(const SpaceView& view, const StrategySetup& setup, Rule rule)
      : PolicyLearner(view, setup, std::move(rule)),
        view_(view),
        seed_(setup.seed),
        starts_(static_cast<size_t>(setup.options.integer("starts"))),
        rounds_(setup.options.integer("model-rounds")),
        batch_(static_cast<size_t>(setup.options.integer("model-batch"))),
        draws_(static_cast<size_t>(setup.options.integer("draws"))),
        exploration_(setup.options.number("exploration")),
        surrogate_(view) {}

  void observe(const Observation& observation) override {
    PolicyLearner::observe(observation);
    if (observation.outcome == Outcome::kNotRun) return;
    surrogate_.add(observation);
    if (surrogate_.size() >= starts_) imagine();
  }

 private:
  // Trains the policy on the model's rewards.
  void imagine() {
    const GaussianProcess model = surrogate_.model(pending());
    for (int64_t round = 0; round < rounds_; ++round) {
      common::RandomStream random({.seed = seed_,
                                   .trial = surrogate_.size(),
                                   .epoch = static_cast<uint64_t>(round),
                                   .purpose = "imagine"});
      const std::vector<LstmPolicy::Proposal> proposals =
          policy().sample(random, std::vector<double>(batch_, 1.0));
      const at::Tensor promise = promise_of(choices_of(proposals), model);
      const at::Tensor advantages =
          (promise - promise.mean()) / promise.std(/*unbiased=*/false).clamp_min(kLeastSpread);
      const double* advantage = advantages.const_data_ptr<double>();
      std::vector<Sample> samples;
      for (size_t i = 0; i < batch_; ++i) {
        samples.push_back({proposals[i].choices, proposals[i].log_prob, advantage[i]});
      }
      learn(samples, /*epochs=*/1);
    }
  }

  LstmPolicy::Proposal draw(common::RandomStream& random) const override {
    if (surrogate_.size() < starts_) return PolicyLearner::draw(random);
    const std::vector<Choices> candidates = new_candidates(random);
    if (candidates.empty()) return PolicyLearner::draw(random);  // all may be known
    const at::Tensor promise = promise_of(candidates, surrogate_.model(pending()));
    const Choices& best = candidates[static_cast<size_t>(promise.argmax().item<int64_t>())];
    const at::NoGradGuard no_grad;
    return {.choices = best,
            .log_prob = policy().log_probs_and_entropy({best}).log_probs.item<double>()};
  }

  std::vector<Choices> new_candidates(common::RandomStream& random) const {
    std::vector<double> temperatures;  // of 1 … kHighestTemperature
    for (size_t i = 0; i < draws_; ++i) {
      temperatures.push_back(1.0 + (kHighestTemperature - 1.0) * static_cast<double>(i) /
                                       static_cast<double>(draws_));
    }
    std::vector<Choices> drawn = choices_of(policy().sample(random, temperatures));
    std::vector<Choices> fresh;
    for (int i = 0; i < kMutations && fresh.empty(); ++i) {
      for (Choices& choices : drawn) {
        if (!proposed().contains(choices)) fresh.push_back(choices);
        choices = mutate(view_, choices, random);
        if (!proposed().contains(choices)) fresh.push_back(choices);
      }
    }
    return fresh;
  }

  static std::vector<Choices> choices_of(const std::vector<LstmPolicy::Proposal>& proposals) {
    std::vector<Choices> list;
    for (const LstmPolicy::Proposal& proposal : proposals) list.push_back(proposal.choices);
    return list;
  }

  // [networks], float64.
  at::Tensor promise_of(const std::vector<Choices>& list, const GaussianProcess& model) const {
    const auto expected = model.predict(surrogate_.points(list));
    return expected.mean + exploration_ * expected.deviation;
  }

  common::Json save() const override {
    common::Json state = PolicyLearner::save();
    state["surrogate"] = surrogate_.save();
    return state;
  }

  void load(const common::Json& state) override {
    PolicyLearner::load(state);
    surrogate_.load(common::json_get<common::Json>(state, "surrogate", kStateName));
  }

  static constexpr double kLeastSpread = 1e-6;  // of rewards: below, all are the same

  SpaceView view_;
  uint64_t seed_;
  size_t starts_;
  int64_t rounds_;
  size_t batch_;
  size_t draws_;
  double exploration_;
  Surrogate surrogate_;  // the state that it adds
};

common::OptionList options() {
  common::OptionList list = {
      {.name = "starts",
       .value = 10,
       .help = "Observed trials until the model is made",
       .unit = "trials",
       .min = 2.0},
      {.name = "model-rounds",
       .value = 2,
       .help = "Batches of modelled rewards that the policy learns from after each trial",
       .unit = "batches",
       .min = 0.0},
      {.name = "model-batch",
       .value = 32,
       .help = "Networks in such a batch",
       .unit = "networks",
       .min = 2.0},
      {.name = "draws",
       .value = 64,
       .help = "Networks drawn from the policy, the best of which by the model is proposed",
       .unit = "networks",
       .min = 1.0},
      {.name = "exploration",
       .value = 2.0,
       .help = "Standard deviations that are added to what the model expects",
       .min = 0.0}};
  for (const common::Option& option : clipped_options()) list.push_back(option);
  for (const common::Option& option : policy_options(
           {.batch_size = 10, .learning_rate = 0.005, .entropy = 0.02, .imitation = 0.3})) {
    list.push_back(option);
  }
  return list;
}

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<ModelPpo>(
      view, setup,
      PolicyLearner::Rule{.name = kName,
                          .epochs = setup.options.integer("epochs"),
                          .objective = clipped_objective(setup.options.number("clip"))});
}

const common::Register<StrategyPlugin> kRegister{
    {.name = kName,
     .summary = "The LSTM policy of ppo, trained between trials on a model of them (DyNA-PPO 2020)",
     .options = options,
     .make = make}};

}  // namespace
}  // namespace nas::controller
