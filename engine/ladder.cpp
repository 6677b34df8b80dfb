#include "engine/ladder.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"

namespace nas::engine {

namespace {

constexpr const char* kFull = "full";

// min, min * eta, min * eta^2, … and last `epochs`, which are at least eta times those before: a
// rung that leaves less than that to save is left out.
std::vector<int64_t> rung_epochs(int64_t min, int64_t eta, int64_t epochs) {
  std::vector<int64_t> rungs;
  for (int64_t next = min; next * eta <= epochs; next *= eta) rungs.push_back(next);
  rungs.push_back(epochs);
  return rungs;
}

void refuse_unused(const common::Options& options, const char* name) {
  if (!options.is_given(name)) return;
  throw common::ConfigError({.where = std::string("--") + name,
                             .what = "every child is trained in full",
                             .expected = "--fidelity asha, or another with rungs",
                             .hint = "nas list fidelities"});
}

}  // namespace

common::OptionList Ladder::options() {
  return {
      {.name = "fidelity",
       .value = kFull,
       .help = "How long children are trained: all for --epochs, or in rungs, from each of which "
               "the promising go on",
       .choices = common::Registry<FidelityPlugin>::names()},
      {.name = "min-epochs",
       .value = 1,
       .help = "Epochs of the first rung; each next one has --eta times as many, the last one, of "
               "--epochs, at least so many times",
       .unit = "epochs",
       .min = 1,
       .max = 100000},
      {.name = "eta",
       .value = 3,
       .help = "From rung to rung so many times the epochs; asha: for one in so many children",
       .min = 2,
       .max = 1000},
  };
}

void Ladder::check(const common::Options& options, bool by_epoch) {
  if (options.text("fidelity") == kFull) {
    refuse_unused(options, "min-epochs");
    refuse_unused(options, "eta");
    return;
  }
  const std::string where = "--fidelity " + options.text("fidelity");
  if (!by_epoch) {
    throw common::ConfigError({.where = where,
                               .what = "these rewards do not depend on how long is trained",
                               .got = "--evaluator " + options.text("evaluator"),
                               .expected = "--fidelity full"});
  }
  const Ladder ladder(options);
  const auto rungs = static_cast<int64_t>(ladder.epochs().size());
  if (rungs < 2) {
    throw common::ConfigError(
        {.where = where,
         .what = "there are too few epochs for two rungs",
         .got = "--epochs " + options.at("epochs").value_text(),
         .expected = "at least --min-epochs times --eta, " +
                     std::to_string(options.integer("min-epochs") * options.integer("eta"))});
  }
  const int64_t fewest = ladder.plugin_->fewest_trials(ladder.eta_, rungs);
  if (options.integer("trials") >= fewest) return;
  throw common::ConfigError(
      {.where = where,
       .what = ladder.plugin_->judges_once ? "none of so few trials would be stopped"
                                           : "none of so few trials would be trained to the end",
       .got = "--trials " + options.at("trials").value_text(),
       .expected = "at least " + std::to_string(fewest),
       .hint = ladder.plugin_->judges_once ? "--fidelity full"
                                           : "more --min-epochs, which makes fewer rungs"});
}

Ladder::Ladder(const common::Options& options)
    : plugin_(&common::Registry<FidelityPlugin>::find(options.text("fidelity"))),
      eta_(options.integer("eta")),
      epochs_(plugin_->make == nullptr
                  ? std::vector{options.integer("epochs")}
                  : rung_epochs(options.integer("min-epochs"), eta_, options.integer("epochs"))) {
  for (size_t k = 0; k < epochs_.size(); ++k)
    rungs_.push_back({.rule = k + 1 < epochs_.size() ? plugin_->make(eta_) : nullptr});
}

double Ladder::expected_epochs(int64_t trials) const {
  double epochs = 0;
  auto left = static_cast<double>(trials);
  for (size_t k = 0; k < epochs_.size(); ++k) {
    epochs += left * static_cast<double>(epochs_[k] - (k > 0 ? epochs_[k - 1] : 0));
    if (k + 1 < epochs_.size()) left *= plugin_->share(eta_);
  }
  return epochs;
}

const Trial* Ladder::row_of(int64_t trial, size_t rung, const std::vector<Trial>& trials,
                            const Promotions& promotions) const {
  const Trial& first = trials[static_cast<size_t>(trial)];
  if (rung == 0) return &first;
  const auto found = promotions.find(promotion_of(first, static_cast<int64_t>(rung)).id);
  return found == promotions.end() ? nullptr : &found->second;
}

RungResult Ladder::result_of(const Trial& row, size_t rung, const std::vector<Trial>& trials,
                             const Promotions& promotions) const {
  RungResult result{.reward = row.reward.value_or(0.0)};
  result.succeeded =
      row.state == TrialState::kSucceeded && row.reward && std::isfinite(result.reward);
  if (!result.succeeded) return result;
  for (size_t k = 0; k <= rung; ++k) {
    const auto& metrics = row_of(parent_of(row), k, trials, promotions)->metrics;
    for (const auto& reward : metrics.value("rewards", common::Json::array()))
      result.rewards.push_back(reward.get<double>());
  }
  if (result.rewards.empty()) result.rewards.push_back(result.reward);
  return result;
}

Trial Ladder::promoted_to(const Trial& trial, size_t rung) const {
  Trial row = promotion_of(trial, static_cast<int64_t>(rung));
  row.from_epoch = epochs_[rung - 1];
  row.to_epoch = epochs_[rung];
  // What is known of the network; all else is measured anew.
  for (const char* key : {"parameters", "multiply_adds", "scores"}) {
    if (trial.metrics.contains(key)) row.metrics[key] = trial.metrics.at(key);
  }
  return row;
}

void Ladder::read(const Trial& row, size_t rung, const std::vector<Trial>& trials,
                  const Promotions& promotions, std::vector<Trial>& added) {
  if (!is_training(row)) return;  // repeats, and what was refused or not run, are not on the ladder
  Rung& here = rungs_[rung];
  ended_.insert(parent_of(row));
  if (!here.rule) return;
  const auto place = here.rule->add(result_of(row, rung, trials, promotions));
  here.counted.push_back(row.id);
  if (!place) return;
  const Trial& trial = trials[static_cast<size_t>(parent_of(here.counted[*place]))];
  Trial next = promoted_to(trial, rung + 1);
  rungs_[rung + 1].rows.push_back(next.id);
  ended_.erase(trial.id);
  ++promoted_;
  if (promotions.count(next.id) == 0) added.push_back(std::move(next));
}

std::vector<Trial> Ladder::advance(const std::vector<Trial>& trials, const Promotions& promotions) {
  std::vector<Trial> added;
  if (rungs_.size() == 1) return added;
  for (size_t i = rungs_[0].rows.size(); i < trials.size(); ++i)
    rungs_[0].rows.push_back(trials[i].id);
  for (size_t k = 0; k < rungs_.size(); ++k) {
    Rung& rung = rungs_[k];
    for (; rung.read < rung.rows.size(); ++rung.read) {
      const Trial* row = row_of(parent_of(rung.rows[rung.read]), k, trials, promotions);
      if (row == nullptr || !is_finished(row->state)) break;
      read(*row, k, trials, promotions, added);
    }
  }
  return added;
}

bool Ladder::is_known(const Trial& trial) const {
  if (!is_finished(trial.state)) return false;
  return !plugin_->judges_once || !is_training(trial) || ended_.count(trial.id) > 0;
}

const Trial& Ladder::told_of(const Trial& trial, const Promotions& promotions) const {
  if (!plugin_->judges_once) return trial;
  const Trial* last = &trial;
  for (size_t k = 1; k < rungs_.size(); ++k) {
    const auto found = promotions.find(promotion_of(trial, static_cast<int64_t>(k)).id);
    if (found == promotions.end() || !is_finished(found->second.state)) break;
    last = &found->second;
  }
  return *last;
}

std::vector<int64_t> Ladder::left_behind(int64_t trials, const Promotions& promotions) const {
  std::vector<int64_t> rows;
  auto most = static_cast<size_t>(trials);  // that this rung may get
  for (size_t k = 0; k + 1 < rungs_.size(); ++k) {
    const Rung& rung = rungs_[k];
    for (const size_t place : rung.rule->never(most)) rows.push_back(rung.counted[place]);
    // Each that is still to come takes one on at most.
    most = rungs_[k + 1].rows.size() + most - std::min(most, rung.counted.size());
    for (const int64_t id : rungs_[k + 1].rows) {
      const auto promotion = promotions.find(id);
      if (promotion != promotions.end() && is_finished(promotion->second.state))
        rows.push_back(continued_by(promotion->second));
    }
  }
  return rows;
}

}  // namespace nas::engine
