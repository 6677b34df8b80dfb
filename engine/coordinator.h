// The coordinator: asks the strategy for proposals, puts them into the store, lets workers train
// them, and tells the strategy the rewards in trial order.
//
// A round of proposals (engine/rounds.h: one, or with --prescreen a pool) is made after exactly the
// rounds up to `window` before it have been observed, whatever has finished by then, and is stored
// whole or not at all. Which trainings go on (engine/ladder.h) depends on the rewards alone. So the
// same seed gives the same search under any interleaving, kill or resume.
#pragma once

#include <functional>

#include "controller/strategy.h"
#include "engine/ladder.h"
#include "engine/limits.h"
#include "engine/local_workers.h"
#include "engine/network_costs.h"
#include "engine/prescreen.h"
#include "engine/rounds.h"
#include "engine/run_folder.h"
#include "engine/run_space.h"
#include "engine/store.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

enum class SearchEnd {
  kDone,
  kTimeLimit,
  kExhausted,  // nothing new, or nothing within the limits, was left to propose
  kAskedToStop
};

struct SearchStatus {
  int64_t trained = 0;  // finished trainings, failed ones included
  int64_t wanted = 0;   // --trials
  int64_t running = 0;
  int64_t promotions = 0;  // finished ones
  int64_t waiting_on = 0;  // promotions that are not
  int64_t infeasible = 0;
  int64_t drawn = 0;  // of the pool that is being drawn; 0: none is
  int64_t pool = 1;
  std::optional<Trial> best;  // the row with the highest reward of those that were trained longest
  std::optional<Trial> last;
  double seconds = 0.0;  // since this start
  bool ended = false;    // nothing is waited for any more
};

class Coordinator {
 public:
  // `options` are the run's; the folder is locked by the caller.
  Coordinator(const RunFolder& run, const common::Options& options);
  ~Coordinator();

  // Until --trials are trained, or the time limit, or a signal. `show` is called ten times a
  // second.
  SearchEnd run(const std::function<void(const SearchStatus&)>& show);

  // Finished or not, in order.
  const std::vector<Trial>& trials() const { return trials_; }
  std::optional<Trial> best() const;

 private:
  void restore();
  Trial new_trial(const search_space::Choices& choices) const;
  // These return false (an empty round) when asked to stop, or where the time limit interrupts.
  std::vector<Trial> new_round();
  bool settle(std::vector<Trial>& round);
  bool settle_one(Trial& trial, bool alone);
  bool wait_while(const std::function<bool()>& waiting);
  bool wait_for(int64_t id);     // until it can be observed
  bool wait_until(int64_t end);  // trials 0 .. end - 1
  bool wait_for_all();           // and what they are promoted to
  bool look_after();
  SearchEnd interrupted();

  void append(std::vector<Trial> round);
  bool refresh();  // reads what changed in the store; true if anything did
  std::string reuse_key(const Trial& trial) const;
  void promote();  // adds the promotions that follow from it
  void note_key(const Trial& trial);
  void draw_paths(int64_t trial);
  controller::Observation observation_of(const Trial& trial) const;
  void observe_until(int64_t end);  // trials 0 .. end - 1
  bool time_is_up() const;
  void tidy();  // weights and checkpoints that nobody needs
  void save_strategy();
  void finish_strategy();
  SearchStatus status() const;

  RunFolder run_;
  const common::Options& options_;
  Store store_;
  RunSpace space_;
  controller::SpaceView view_;
  std::unique_ptr<controller::Strategy> strategy_;
  std::vector<Trial> given_;  // the first ones, which the strategy does not propose
  Limits limits_;
  NetworkCosts costs_;
  Prescreen prescreen_;
  Rounds rounds_;
  SupernetSchedule supernet_;
  Ladder ladder_;
  std::vector<Trial> trials_;
  Promotions promotions_;
  bool proposing_ = true;   // nothing more is proposed otherwise
  bool held_back_ = false;  // the time limit kept a promotion from being made
  int64_t observed_ = 0;
  int64_t saved_at_ = 0;
  size_t state_size_ = 0;  // when it was last saved
  std::map<std::string, int64_t> first_with_key_;
  std::set<int64_t> left_behind_;  // rows whose checkpoint was removed
  std::unique_ptr<LocalWorkers> workers_;
  std::function<void(const SearchStatus&)> show_;
  int64_t drawn_ = 0;  // of the round that is being drawn
  double started_;
  double looked_ = 0.0;  // when look_after() last did
};

// Of the rows that were trained longest the one with the highest reward, the earliest of equals;
// the winner is another matter.
std::optional<Trial> best_of(const std::vector<Trial>& trials, const Promotions& promotions = {});

}  // namespace nas::engine
