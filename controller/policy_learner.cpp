#include "controller/policy_learner.h"

#include <algorithm>
#include <cmath>

namespace nas::controller {

namespace {

constexpr double kRepeatWarming = 0.25;  // added to the temperature by each further draw
constexpr int64_t kElitePart = 10;       // at most one in so many successes is imitated

LstmPolicy make_policy(const SpaceView& view, const StrategySetup& setup) {
  common::RandomStream random({.seed = setup.seed, .purpose = "policy"});
  return LstmPolicy(view,
                    {.units = setup.options.integer("units"),
                     .temperature = setup.options.number("temperature"),
                     .tanh_constant = setup.options.number("tanh-constant")},
                    random);
}

at::Tensor to_tensor(const std::vector<double>& values) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kFloat);
  auto* data = tensor.mutable_data_ptr<float>();
  for (size_t i = 0; i < values.size(); ++i) data[i] = static_cast<float>(values[i]);
  return tensor;
}

}  // namespace

common::OptionList policy_options(const PolicyDefaults& defaults) {
  return {
      {.name = "batch-size",
       .value = defaults.batch_size,
       .help = "Observed trials that an update of the policy is made from",
       .unit = "trials",
       .min = 1.0},
      {.name = "learning-rate",
       .value = defaults.learning_rate,
       .help = "Learning rate of Adam",
       .min = 0.0},
      {.name = "entropy",
       .value = defaults.entropy,
       .help = "Weight of the policy's entropy, which keeps it exploring",
       .min = 0.0},
      {.name = "baseline-decay",
       .value = 0.95,
       .help = "Decay of the moving average that rewards are compared with",
       .min = 0.5,
       .max = 0.999},
      {.name = "reward-shape",
       .value = "rank",
       .help = "Learn from the rewards' ranks among all so far, or from the rewards themselves",
       .choices = {"rank", "linear"}},
      {.name = "imitation",
       .value = defaults.imitation,
       .help = "Weight of imitating the best trials so far",
       .min = 0.0},
      {.name = "imitation-size",
       .value = 10,
       .help = "Best trials that are imitated; at most a tenth of the successful ones",
       .unit = "trials",
       .min = 1.0},
      {.name = "avoid-repeats",
       .value = 16,
       .help = "Further draws, each less certain, where an equal network was proposed; 0: take it",
       .unit = "draws",
       .min = 0.0,
       .max = 1000.0},
      {.name = "units", .value = 100, .help = "Units of the LSTM", .min = 1.0},
      {.name = "temperature",
       .value = 1.0,
       .help = "The policy's logits are divided by it",
       .min = 0.01},
      {.name = "tanh-constant",
       .value = 0.0,
       .help = "Bounds the policy's logits to plus or minus this; 0: no bound",
       .min = 0.0},
  };
}

PolicyLearner::PolicyLearner(const SpaceView& view, const StrategySetup& setup, Rule rule)
    : view_(view),
      rule_(std::move(rule)),
      seed_(setup.seed),
      batch_size_(setup.options.integer("batch-size")),
      entropy_(setup.options.number("entropy")),
      imitation_(setup.options.number("imitation")),
      imitation_size_(setup.options.integer("imitation-size")),
      policy_(make_policy(view, setup)),
      adam_(policy_.parameters(), {.learning_rate = setup.options.number("learning-rate")}),
      baseline_({.decay = setup.options.number("baseline-decay"),
                 .ranks = setup.options.text("reward-shape") == "rank"}),
      elites_(imitation_size_),
      proposed_(view) {
  for (int64_t i = 1; i <= setup.options.integer("avoid-repeats"); ++i) {
    repeat_temperatures_.push_back(1.0 + kRepeatWarming * static_cast<double>(i));
  }
}

Choices PolicyLearner::propose() {
  common::RandomStream random({.seed = seed_, .trial = proposals_, .purpose = "propose"});
  ++proposals_;
  pending_.push_back(draw(random));
  const Choices& choices = pending_.back().choices;
  if (!repeat_temperatures_.empty()) proposed_.add(choices);
  return choices;
}

LstmPolicy::Proposal PolicyLearner::draw(common::RandomStream& random) const {
  LstmPolicy::Proposal proposal = policy_.sample(random).front();
  if (repeat_temperatures_.empty() || !proposed_.contains(proposal.choices)) return proposal;
  for (const LstmPolicy::Proposal& other : policy_.sample(random, repeat_temperatures_)) {
    if (!proposed_.contains(other.choices)) return other;
  }
  return proposal;
}

std::vector<Choices> PolicyLearner::sample(int64_t count, common::RandomStream& random) const {
  std::vector<Choices> drawn;
  for (auto& proposal : policy_.sample(random, std::vector(static_cast<size_t>(count), 1.0)))
    drawn.push_back(std::move(proposal.choices));
  return drawn;
}

std::vector<Choices> PolicyLearner::pending() const {
  std::vector<Choices> list;
  for (const LstmPolicy::Proposal& proposal : pending_) list.push_back(proposal.choices);
  return list;
}

void PolicyLearner::observe(const Observation& observation) {
  const auto found =
      std::find_if(pending_.begin(), pending_.end(), [&](const LstmPolicy::Proposal& proposal) {
        return proposal.choices == observation.choices;
      });
  if (found == pending_.end()) {
    throw common::InternalError({.where = rule_.name, .what = "observed what was not proposed"});
  }
  const double log_prob = found->log_prob;
  pending_.erase(found);
  if (observation.outcome == Outcome::kNotRun) return;
  double advantage = kFailedAdvantage;
  if (observation.outcome == Outcome::kSucceeded && std::isfinite(observation.reward)) {
    advantage = baseline_.advantage(observation.reward);
    elites_.offer(view_.key(observation.choices), observation.choices, observation.reward);
  }
  samples_.push_back(
      {.choices = observation.choices, .log_prob = log_prob, .advantage = advantage});
  if (static_cast<int64_t>(samples_.size()) >= batch_size_) learn(samples_, rule_.epochs);
}

void PolicyLearner::learn(std::vector<Sample>& samples, int64_t epochs) {
  std::vector<Choices> batch;
  std::vector<double> old;
  std::vector<double> gains;
  for (const Sample& sample : samples) {
    batch.push_back(sample.choices);
    old.push_back(sample.log_prob);
    gains.push_back(sample.advantage);
  }
  samples.clear();
  const at::Tensor old_log_probs = to_tensor(old);
  const at::Tensor advantages = to_tensor(gains);
  const auto count = static_cast<int64_t>(batch.size());
  if (imitation_ > 0.0 && baseline_.count() > 0) {
    const auto size = static_cast<size_t>(std::max<int64_t>(1, baseline_.count() / kElitePart));
    for (const Choices& choices : elites_.best(size)) batch.push_back(choices);
  }
  const int64_t imitated = static_cast<int64_t>(batch.size()) - count;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    const LstmPolicy::Evaluation now = policy_.log_probs_and_entropy(batch);
    at::Tensor objective =
        rule_.objective(now.log_probs.narrow(0, 0, count), old_log_probs, advantages).mean() +
        now.entropies.narrow(0, 0, count).mean() * entropy_;
    if (imitated > 0) {
      objective = objective + now.log_probs.narrow(0, count, imitated).mean() * imitation_;
    }
    objective.neg().backward();
    adam_.step();
  }
}

common::Json PolicyLearner::save() const {
  common::Json state = new_state(rule_.name);
  state["proposals"] = proposals_;
  state["policy"] = tensors_to_json(policy_.parameters());
  state["adam"] = adam_.save();
  state["baseline"] = baseline_.save();
  state["elites"] = elites_.save();
  state["proposed"] = proposed_.save();
  state["pending"] = common::Json::array();
  for (const LstmPolicy::Proposal& proposal : pending_) {
    common::Json item = common::Json::object();
    item["choices"] = proposal.choices;
    item["log_prob"] = proposal.log_prob;
    state["pending"].push_back(item);
  }
  state["samples"] = common::Json::array();
  for (const Sample& sample : samples_) {
    common::Json item = common::Json::object();
    item["choices"] = sample.choices;
    item["log_prob"] = sample.log_prob;
    item["advantage"] = sample.advantage;
    state["samples"].push_back(item);
  }
  return state;
}

void PolicyLearner::load(const common::Json& state) {
  using common::Json;
  using common::json_get;
  tensors_from_json(json_get<Json>(state, "policy", kStateName), policy_.parameters());
  adam_.load(json_get<Json>(state, "adam", kStateName));
  baseline_.load(json_get<Json>(state, "baseline", kStateName));
  elites_.load(json_get<Json>(state, "elites", kStateName), view_);
  proposals_ = json_get<uint64_t>(state, "proposals", kStateName);
  proposed_.load(json_get<std::string>(state, "proposed", kStateName));
  pending_.clear();
  for (const Json& item : json_get<Json>(state, "pending", kStateName)) {
    pending_.push_back({.choices = choices_from_json(item, view_),
                        .log_prob = json_get<double>(item, "log_prob", kStateName)});
  }
  samples_.clear();
  for (const Json& item : json_get<Json>(state, "samples", kStateName)) {
    samples_.push_back({.choices = choices_from_json(item, view_),
                        .log_prob = json_get<double>(item, "log_prob", kStateName),
                        .advantage = json_get<double>(item, "advantage", kStateName)});
  }
}

}  // namespace nas::controller
