// Who may write a trial: leases, workers that are given up, and many that claim at once.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <exception>
#include <set>
#include <thread>

#include "engine/store.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

using tests::TempDir;

std::string url_in(const TempDir& folder) { return "sqlite:" + (folder.path() / "run.db").string(); }

void insert_waiting(Store& store, int64_t count) {
  for (int64_t id = 0; id < count; ++id) store.insert(waiting_trial(id));
}

Trial with_reward(Trial trial, double reward) {
  trial.state = TrialState::kSucceeded;
  trial.reward = reward;
  return trial;
}

TEST_CASE("store: a trial that was given to another cannot be written any more", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  insert_waiting(store, 1);
  const Trial zombie = *store.claim("first", 60);
  CHECK(store.release_worker("first") == 1);
  const Trial owned = *store.claim("second", 60);
  CHECK(owned.id == zombie.id);

  CHECK_FALSE(store.renew(zombie, 60));
  CHECK_FALSE(store.put_back(zombie, true));
  CHECK_FALSE(store.finish(with_reward(zombie, 0.1)));
  CHECK(store.trial(0)->attempt == 0);
  CHECK(state_text(store.trial(0)->state) == "LEASED");

  CHECK(store.renew(owned, 60));
  CHECK(store.finish(with_reward(owned, 0.9)));
  CHECK(*store.trial(0)->reward == 0.9);
  // Not even by its owner, twice.
  CHECK_FALSE(store.finish(with_reward(owned, 0.5)));
  CHECK_FALSE(store.renew(owned, 60));
  CHECK_FALSE(store.put_back(owned, true));
  CHECK(*store.trial(0)->reward == 0.9);
  CHECK(store.trial(0)->worker == "second");
}

TEST_CASE("store: the same worker's earlier claim is no lease", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  insert_waiting(store, 1);
  const Trial before = *store.claim("worker", 60);
  store.release_worker("worker");
  const Trial after = *store.claim("worker", 60);
  CHECK_FALSE(store.finish(with_reward(before, 0.1)));
  CHECK(store.finish(with_reward(after, 0.2)));
}

TEST_CASE("store: only deaths count as attempts", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  insert_waiting(store, 1);
  CHECK(store.put_back(*store.claim("worker", 60), /*count_attempt=*/false));
  CHECK(store.trial(0)->attempt == 0);
  CHECK(store.put_back(*store.claim("worker", 60), /*count_attempt=*/true));
  CHECK(store.trial(0)->attempt == 1);
  CHECK(state_text(store.trial(0)->state) == "WAITING");
  store.claim("worker", 60);
  CHECK(store.release_worker("worker") == 1);
  CHECK(store.trial(0)->attempt == 1);
  Trial trial = *store.claim("worker", 60);
  CHECK(trial.attempt == 1);
  trial.attempt = 2;
  trial.state = TrialState::kFailed;
  trial.reason = "its child died";
  CHECK(store.finish(trial));
  CHECK(store.trial(0)->attempt == 2);
  CHECK(store.trial(0)->reason == "its child died");
  CHECK_FALSE(store.trial(0)->reward.has_value());
}

TEST_CASE("store: leases of a worker, or of all, go back to waiting", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  insert_waiting(store, 5);
  store.claim("a", 60);
  store.claim("b", 60);
  store.claim("a", 60);
  const Trial done = *store.claim("b", 60);
  REQUIRE(store.finish(with_reward(done, 1.0)));
  CHECK(store.release_worker("nobody") == 0);
  CHECK(store.release_worker("a") == 2);
  CHECK(store.release_worker("a") == 0);
  CHECK(state_text(store.trial(1)->state) == "LEASED");
  CHECK(store.release_worker("") == 1);
  CHECK(state_text(store.trial(3)->state) == "SUCCEEDED");
  CHECK(store.claim("c", 60)->id == 0);
}

TEST_CASE("store: a lease ends by the clock unless it is renewed", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  insert_waiting(store, 2);
  const Trial late = *store.claim("a", -10);
  const Trial fresh = *store.claim("b", 60);
  CHECK(store.release_expired() == 1);
  CHECK(store.release_expired() == 0);
  CHECK_FALSE(store.finish(with_reward(late, 0.5)));
  CHECK(store.trial(0)->attempt == 0);
  CHECK(store.renew(fresh, -10));
  CHECK(store.release_expired() == 1);
  const Trial again = *store.claim("a", -10);
  CHECK(store.renew(again, 60));
  CHECK(store.release_expired() == 0);
}

TEST_CASE("store: many workers at once never get the same trial", "[engine]") {
  const TempDir folder;
  constexpr int64_t kTrials = 200;
  constexpr size_t kWorkers = 4;
  {
    Store store(url_in(folder));
    insert_waiting(store, kTrials);
  }
  std::vector<std::vector<int64_t>> claimed(kWorkers);
  std::vector<std::string> failures(kWorkers);
  std::vector<std::thread> workers;
  for (size_t w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      try {
        const std::string name = "worker" + std::to_string(w);
        Store store(url_in(folder));
        while (const auto trial = store.claim(name, 60)) {
          claimed[w].push_back(trial->id);
          if (!store.finish(with_reward(*trial, static_cast<double>(trial->id) / 7))) failures[w] = "refused";
        }
      } catch (const std::exception& error) {
        failures[w] = error.what();
      }
    });
  }
  for (auto& worker : workers) worker.join();
  std::vector<int64_t> all;
  for (size_t w = 0; w < kWorkers; ++w) {
    CHECK(failures[w].empty());
    CHECK(std::is_sorted(claimed[w].begin(), claimed[w].end()));
    all.insert(all.end(), claimed[w].begin(), claimed[w].end());
  }
  CHECK(all.size() == kTrials);
  CHECK(std::set<int64_t>(all.begin(), all.end()).size() == kTrials);
  Store store(url_in(folder));
  for (const auto& trial : store.trials()) {
    REQUIRE(trial.reward.has_value());
    CHECK(*trial.reward == static_cast<double>(trial.id) / 7);
  }
}

}  // namespace
}  // namespace nas::engine
