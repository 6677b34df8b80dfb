#include "engine/coordinator.h"

#include <algorithm>
#include <iterator>

#include "child_trainer/batches.h"
#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "engine/evaluator.h"
#include "engine/given_trials.h"
#include "engine/run_rows.h"
#include "engine/run_store.h"
#include "engine/signals.h"
#include "engine/supernet_paths.h"
#include "engine/trained.h"

namespace nas::engine {

namespace {

// Workers of this host tell when a trial is finished; those of others are looked for so often.
constexpr int kRoundMs = 100;
constexpr double kLookSeconds = 0.1;  // between looks at the workers
// A state of this size is saved after every proposal, a larger one every so many.
constexpr size_t kSmallState = 20000;
constexpr int64_t kSaveEvery = 25;

std::unique_ptr<controller::Strategy> strategy_from(const common::Options& options,
                                                    const controller::SpaceView& view) {
  const std::string name = options.text("strategy");
  return controller::make_strategy(
      name, view,
      {.seed = static_cast<uint64_t>(options.integer("seed")), .options = options.section(name)});
}

// How many workers a run has work for.
int64_t workers_of(const common::Options& options) {
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  return evaluator.in_order ? 1 : options.integer("workers");
}

}  // namespace

std::optional<Trial> best_of(const std::vector<Trial>& trials, const Promotions& promotions) {
  const Trial* best = nullptr;
  const auto consider = [&](const Trial& row) {
    if (row.state != TrialState::kSucceeded || !row.reward) return;
    if (best == nullptr || is_better(row, *best)) best = &row;
  };
  for (const auto& trial : trials) consider(trial);
  for (const auto& [id, row] : promotions) consider(row);
  return best == nullptr ? std::nullopt : std::optional<Trial>(*best);
}

Coordinator::Coordinator(const RunFolder& run, const common::Options& options)
    : run_(run),
      options_(options),
      store_(open_store(run)),
      space_(options),
      view_(space_.space()),
      strategy_(strategy_from(options, view_)),
      given_(given_trials(space_, options)),
      limits_(options),
      costs_(run),
      prescreen_(run, options),
      rounds_({.given = static_cast<int64_t>(given_.size()),
               .pool = prescreen_.pool(),
               .window = options.integer("window")}),
      supernet_(options),
      ladder_(options),
      started_(common::monotonic_seconds()) {
  // The policy's sums must not depend on how many threads share them.
  child_trainer::set_threads(1);
  // The folder is locked: whoever holds a lease on this host is dead.
  store_.release_worker("");
  restore();
}

Coordinator::~Coordinator() = default;

std::optional<Trial> Coordinator::best() const { return best_of(trials_, promotions_); }

// Takes the strategy to where it was: the saved state, then the calls that followed it, again.
void Coordinator::restore() {
  trials_ = store_.trials();
  for (Trial& row : store_.further()) {
    if (row.kind == "promotion") promotions_.emplace(row.id, std::move(row));
  }
  promote();
  if (ladder_.promoted() != static_cast<int64_t>(promotions_.size())) {
    throw common::ConfigError({.where = "resume",
                               .what = "the rungs do not repeat what they promoted",
                               .hint = "the version of nas that started the run, or a new --run"});
  }
  const auto count = static_cast<int64_t>(trials_.size());
  for (const auto& trial : trials_) {
    note_key(trial);
    prescreen_.remember(trial);
  }
  int64_t next = std::min(rounds_.given, count);
  if (const auto saved = store_.load_strategy(); saved && saved->proposed <= count) {
    strategy_->load_state(saved->state);
    next = saved->proposed;
    saved_at_ = next;
    observed_ = rounds_.observed_before(rounds_.of(next));
  }
  for (; next < count; ++next) {
    observe_until(rounds_.observed_before(rounds_.of(next)));
    const auto choices = strategy_->propose();
    if (choices != trials_[static_cast<size_t>(next)].choices) {
      throw common::ConfigError(
          {.where = "resume",
           .what = "the strategy does not repeat what it proposed as trial " + std::to_string(next),
           .hint = "the version of nas and the machine that started the run, or a new --run"});
    }
  }
}

// Trials with the same one would get the same reward.
std::string Coordinator::reuse_key(const Trial& trial) const {
  return std::to_string(supernet_.weights_of(trial.id)) + " " + trial.key;
}

// The trial that later ones with its key are repeats of.
void Coordinator::note_key(const Trial& trial) {
  if (!trial.reused_from && trial.state != TrialState::kNotRun)
    first_with_key_.insert({reuse_key(trial), trial.id});
}

// What the shared weights are trained on before this trial, as the strategy stands now.
void Coordinator::draw_paths(int64_t trial) {
  const int64_t epoch = supernet_.begins_epoch(trial);
  if (supernet_.method() != "enas" || epoch < 0) return;
  const int64_t images = data::read_dataset_info(run_.proxy()).train;
  const int64_t steps =
      child_trainer::EpochBatches::count_for(images, options_.integer("batch-size"));
  common::RandomStream random({.seed = static_cast<uint64_t>(options_.integer("seed")),
                               .epoch = static_cast<uint64_t>(epoch),
                               .purpose = "sampled paths"});
  write_paths(run_, epoch, strategy_->sample(steps, random));
}

controller::Observation Coordinator::observation_of(const Trial& trial) const {
  using controller::Outcome;
  const Trial& original =
      trial.reused_from ? trials_[static_cast<size_t>(*trial.reused_from)] : trial;
  const Trial& row = ladder_.told_of(original, promotions_);
  Outcome outcome = Outcome::kFailed;
  if (row.state == TrialState::kSucceeded) outcome = Outcome::kSucceeded;
  if (row.state == TrialState::kNotRun) outcome = Outcome::kNotRun;
  return {.choices = trial.choices,
          .outcome = outcome,
          .reward = row.reward.value_or(0.0),
          .mixture = row.metrics.value("mixture", std::vector<double>())};
}

void Coordinator::observe_until(int64_t end) {
  for (; observed_ < end; ++observed_) {
    // What the user gave was not proposed by the strategy.
    if (observed_ >= rounds_.given)
      strategy_->observe(observation_of(trials_[static_cast<size_t>(observed_)]));
  }
}

Trial Coordinator::new_trial(const search_space::Choices& choices) const {
  Trial trial{.id = static_cast<int64_t>(trials_.size()), .choices = choices};
  trial.key = space_.key(choices);
  trial.architecture = space_.architecture(choices);
  return trial;
}

std::vector<Trial> Coordinator::new_round() {
  const auto first = static_cast<int64_t>(trials_.size());
  if (first < rounds_.given) return {given_[static_cast<size_t>(first)]};
  std::vector<Trial> round;
  for (drawn_ = 0; drawn_ < rounds_.pool; ++drawn_) {
    if (!look_after()) return {};
    round.push_back(new_trial(strategy_->propose()));
    round.back().id = first + drawn_;
  }
  return round;
}

// What becomes of the trials of a round: a repeat, INFEASIBLE, NOT_RUN, or one to be trained. False
// when asked to stop.
bool Coordinator::settle(std::vector<Trial>& round) {
  const bool alone = round.size() == 1;
  for (auto& trial : round) {
    trial.to_epoch =
        supernet_.shared() ? supernet_.epochs_before(trial.id) : ladder_.epochs().front();
    if (!look_after() || !settle_one(trial, alone)) return false;
  }
  if (!alone) prescreen_.keep_best(round);
  return true;
}

bool Coordinator::settle_one(Trial& trial, bool alone) {
  if (const auto same = first_with_key_.find(reuse_key(trial)); same != first_with_key_.end()) {
    // A pool does not wait: what it repeats of the rounds in flight is not run.
    if (alone && !wait_for(same->second)) return false;
    const Trial& original = trials_[static_cast<size_t>(same->second)];
    if (!alone && original.id >= observed_) {
      trial.state = TrialState::kNotRun;
      return true;
    }
    trial.reused_from = original.id;
    trial.state = original.state;
    trial.reward = original.reward;
    trial.reason = original.reason;
    trial.metrics = original.metrics;
    return true;
  }
  try {
    trial.metrics =
        costs_.of(trial.architecture, with_settings(options_, space_.settings(trial.choices)));
    trial.reason = limits_.broken_by(trial.metrics);
  } catch (const common::Error& error) {  // e.g. an image too small for this cell
    trial.reason = error.what();
  }
  if (!trial.reason.empty()) trial.state = TrialState::kInfeasible;
  if (alone || trial.state == TrialState::kInfeasible) return true;
  return prescreen_.score(trial, [&] { return look_after(); });
}

void Coordinator::append(std::vector<Trial> round) {
  for (const auto& trial : round) note_key(trial);
  add_rows(run_, store_, round);
  workers_->tell_of_trials();
  std::move(round.begin(), round.end(), std::back_inserter(trials_));
}

bool Coordinator::refresh() {
  bool changed = false;
  const auto read = [&](Trial& row) {
    if (is_finished(row.state)) return;
    const auto fresh = store_.trial(row.id);
    if (!fresh || fresh->state == row.state) return;
    row = *fresh;
    changed = true;
  };
  for (size_t i = static_cast<size_t>(observed_); i < trials_.size(); ++i) read(trials_[i]);
  for (auto& [id, row] : promotions_) read(row);
  if (!changed) return false;
  promote();
  tidy();
  return true;
}

void Coordinator::promote() {
  const auto rows = ladder_.advance(trials_, promotions_);
  if (rows.empty()) return;
  // As long as trials are proposed they may wait for a promotion. What is held back is decided
  // again when the search is continued.
  if (!proposing_ && time_is_up()) {
    held_back_ = true;
    return;
  }
  add_rows(run_, store_, rows);
  if (workers_) workers_->tell_of_trials();  // none yet while a run is restored
  for (const auto& row : rows) promotions_.emplace(row.id, row);
}

void Coordinator::tidy() {
  std::vector<Trial*> rows;
  for (auto& trial : trials_) rows.push_back(&trial);
  for (auto& [id, row] : promotions_) rows.push_back(&row);
  keep_best_weights(run_, store_, rows, options_.integer("keep"));
  for (const int64_t id : ladder_.left_behind(options_.integer("trials"), promotions_)) {
    if (left_behind_.insert(id).second) child_trainer::remove_checkpoint(run_.trial(id));
  }
}

// Shows how it stands and keeps the workers at work, now and then: may be called at any time. What
// is under way when the time is up is finished; not a supernet, whose training may be all of the
// search.
bool Coordinator::look_after() {
  if (stop_signal() != 0 || (supernet_.shared() && time_is_up())) return false;
  const double now = common::monotonic_seconds();
  if (now - looked_ < kLookSeconds) return true;
  looked_ = now;
  show_(status());
  workers_->look_after(store_);
  return true;
}

bool Coordinator::wait_until(int64_t end) {
  for (int64_t id = observed_; id < end; ++id) {
    if (!wait_for(id)) return false;
  }
  return true;
}

bool Coordinator::wait_for(int64_t id) {
  return wait_while([&] { return !ladder_.is_known(trials_[static_cast<size_t>(id)]); });
}

bool Coordinator::wait_for_all() {
  const auto unfinished = [](const auto& row) { return !is_finished(row.state); };
  return wait_while([&] {
    return std::any_of(trials_.begin(), trials_.end(), unfinished) ||
           std::any_of(promotions_.begin(), promotions_.end(),
                       [&](const auto& entry) { return unfinished(entry.second); });
  });
}

bool Coordinator::wait_while(const std::function<bool()>& waiting) {
  while (waiting()) {
    if (!look_after()) return false;
    if (!refresh()) workers_->wait(kRoundMs);
  }
  return true;
}

bool Coordinator::time_is_up() const {
  const double limit = options_.number("time-limit");
  return limit > 0 && common::monotonic_seconds() - started_ > limit;
}

void Coordinator::save_strategy() {
  const auto proposed = static_cast<int64_t>(trials_.size());
  if (proposed < rounds_.given) return;
  if (state_size_ > kSmallState && proposed - saved_at_ < kSaveEvery) return;
  const std::string state = strategy_->save_state();
  state_size_ = state.size();
  store_.save_strategy({.proposed = proposed, .state = state});
  saved_at_ = proposed;
}

// The state after everything was observed is for comparison; what is saved for a resume is the
// state between proposals, so that a run that is given more trials goes on as one that always had
// them.
void Coordinator::finish_strategy() {
  observe_until(static_cast<int64_t>(trials_.size()));
  store_.set_meta("strategy_state_sha256", common::sha256_of_text(strategy_->save_state()));
}

SearchStatus Coordinator::status() const {
  SearchStatus status{.drawn = drawn_, .pool = rounds_.pool, .best = best()};
  for (const auto& trial : trials_) {
    if (trial.state == TrialState::kInfeasible && !trial.reused_from) ++status.infeasible;
    if (!is_training(trial)) continue;
    if (is_finished(trial.state)) {
      ++status.trained;
      status.last = trial;
    }
    status.running += trial.state == TrialState::kLeased ? 1 : 0;
  }
  for (const auto& [id, row] : promotions_)
    ++(is_finished(row.state) ? status.promotions : status.waiting_on);
  status.wanted = std::max(options_.integer("trials"), status.trained);
  status.seconds = common::monotonic_seconds() - started_;
  return status;
}

// Why it is interrupted. The time limit ends a search: so that its rows are final the worker gives
// back what it has, the supernet with a checkpoint.
SearchEnd Coordinator::interrupted() {
  if (stop_signal() != 0) return SearchEnd::kAskedToStop;
  workers_->stop();
  refresh();
  show_(status());
  return SearchEnd::kTimeLimit;
}

SearchEnd Coordinator::run(const std::function<void(const SearchStatus&)>& show) {
  const int64_t wanted = options_.integer("trials");
  const auto different = space_.trainings();
  show_ = show;
  workers_ = std::make_unique<LocalWorkers>(run_, workers_of(options_), options_.text("device"));
  SearchEnd end = SearchEnd::kDone;
  // Of trials that are under way it is not known yet whether they will be found INFEASIBLE.
  const auto trainings = [&] { return std::count_if(trials_.begin(), trials_.end(), is_training); };
  for (;;) {
    const auto next = static_cast<int64_t>(trials_.size());
    if (trainings() >= wanted) {
      if (!wait_until(next)) return interrupted();
      if (trainings() >= wanted) break;
    }
    const int64_t known = rounds_.observed_before(rounds_.of(next));
    if (!wait_until(known)) return interrupted();
    if (time_is_up()) {
      end = SearchEnd::kTimeLimit;
      break;
    }
    const bool all_tried = different && static_cast<int64_t>(first_with_key_.size()) >= *different;
    if (all_tried || rounds_.of(next) >= 20 * wanted + 1000) {
      end = SearchEnd::kExhausted;
      break;
    }
    observe_until(known);
    save_strategy();
    draw_paths(next);
    auto round = new_round();
    if (round.empty() || !settle(round)) return interrupted();
    append(std::move(round));
    drawn_ = 0;
  }
  proposing_ = false;
  if (!wait_for_all()) return interrupted();
  if (held_back_) end = SearchEnd::kTimeLimit;
  workers_->stop();
  finish_strategy();
  SearchStatus last = status();
  last.ended = true;
  show(last);
  return end;
}

}  // namespace nas::engine
