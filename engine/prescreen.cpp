#include "engine/prescreen.h"

#include "child_trainer/score.h"
#include "common/error.h"
#include "engine/network_costs.h"

namespace nas::engine {

namespace {

constexpr const char* kNone = "none";

std::vector<std::string> choices() {
  auto names = common::Registry<child_trainer::Score>::names();
  names.insert(names.begin(), kNone);
  return names;
}

}  // namespace

common::OptionList Prescreen::options() {
  return {
      {.name = "prescreen",
       .value = kNone,
       .help = "Zero-cost score by which the most promising of --pool proposals is trained",
       .choices = choices()},
      {.name = "pool",
       .value = 10,
       .help = "Proposals drawn for each training, with --prescreen",
       .min = 2,
       .max = 10000},
  };
}

void Prescreen::check(const common::Options& options, bool has_proxy) {
  const std::string name = options.text("prescreen");
  if (name == kNone) {
    if (!options.is_given("pool")) return;
    throw common::ConfigError({.where = "--pool",
                               .what = "a pool needs a score that chooses from it",
                               .expected = "--prescreen SCORE",
                               .hint = "nas list scores"});
  }
  if (has_proxy || !NetworkCosts::key(name).empty()) return;
  throw common::ConfigError({.where = "--prescreen " + name,
                             .what = "the score needs a proxy dataset, and this search has none",
                             .got = "--evaluator " + options.text("evaluator"),
                             .expected = "--prescreen parameters or multiply-adds"});
}

const child_trainer::Score* Prescreen::computed(const common::Options& options) {
  const std::string name = options.text("prescreen");
  if (name == kNone || !NetworkCosts::key(name).empty()) return nullptr;
  return &common::Registry<child_trainer::Score>::find(name);
}

Prescreen::Prescreen(const RunFolder& run, const common::Options& options)
    : name_(options.text("prescreen")),
      pool_(name_ == kNone ? 1 : options.integer("pool")),
      scorer_(run, options) {}

std::optional<double> Prescreen::score_of(const Trial& trial) const {
  const auto scores = trial.metrics.value("scores", common::Json::object());
  if (!scores.contains(name_)) return std::nullopt;
  return scores.at(name_).get<double>();
}

void Prescreen::remember(const Trial& trial) {
  if (const auto score = score_of(trial)) known_.insert({trial.key, *score});
}

bool Prescreen::score(Trial& trial, const std::function<bool()>& keep_going) {
  ScoreReply reply;
  if (const auto found = known_.find(trial.key); found != known_.end()) {
    reply.value = found->second;
  } else if (const std::string cost = NetworkCosts::key(name_); !cost.empty()) {
    reply.value = trial.metrics.at(cost).get<double>();  // it was counted already
  } else {
    reply = scorer_.score(trial.architecture, keep_going);
  }
  if (reply.stopped) return false;
  if (reply.value) {
    trial.metrics["scores"][name_] = *reply.value;
    known_.insert({trial.key, *reply.value});
  } else {
    trial.reason = "no score: " + reply.reason;
  }
  return true;
}

void Prescreen::keep_best(std::vector<Trial>& pool) const {
  Trial* best = nullptr;
  for (auto& trial : pool) {
    if (trial.state != TrialState::kWaiting) continue;
    const auto score = score_of(trial);
    if (best == nullptr || (score && (!score_of(*best) || *score > *score_of(*best))))
      best = &trial;
  }
  if (best != nullptr) best->reason.clear();
  for (auto& trial : pool) {
    if (trial.state == TrialState::kWaiting && &trial != best) trial.state = TrialState::kNotRun;
  }
}

}  // namespace nas::engine
