// Who may write a trial, in every registered store: leases, workers that are given up, and many
// that claim at once.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <set>
#include <thread>

#include "engine/store.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/store_databases.h"

namespace nas::engine {
namespace {

TEST_CASE("Every store lets only the owner of a lease write", "[conformance]") {
  const std::string url = GENERATE(from_range(tests::store_urls()));
  CAPTURE(url);
  Store store(url, tests::new_store_run());

  SECTION("waiting trials are claimed in their order") {
    for (const int64_t id : {2, 0, 3, 1}) {
      Trial trial = waiting_trial(id);
      if (id == 1) trial.state = TrialState::kInfeasible;
      store.insert(trial);
    }
    std::set<std::string> leases;
    for (const int64_t id : {0, 2, 3}) {
      const auto claimed = store.claim("worker", 60);
      REQUIRE(claimed.has_value());
      CHECK(claimed->id == id);
      CHECK(state_text(claimed->state) == "LEASED");
      CHECK(claimed->worker == "worker");
      CHECK_FALSE(claimed->lease.empty());
      CHECK(leases.insert(claimed->lease).second);
    }
    CHECK_FALSE(store.claim("worker", 60).has_value());
  }

  SECTION("what is trained longest is claimed first") {
    for (const auto& [id, epochs] : std::vector<std::pair<int64_t, int64_t>>{
             {0, 1}, {1, 1}, {1001000000000, 3}, {1001000000001, 3}, {1002000000001, 9}}) {
      Trial trial = waiting_trial(id);
      trial.to_epoch = epochs;
      store.insert(trial);
    }
    for (const int64_t id : {1002000000001, 1001000000000, 1001000000001, int64_t{0}, int64_t{1}})
      CHECK(store.claim("worker", 60).value().id == id);
    CHECK(store.trials().size() == 2);
    REQUIRE(store.further().size() == 3);
    CHECK(store.further().front().id == 1001000000000);
  }

  SECTION("a trial that was given to another cannot be written any more") {
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
    // Not even by its owner, twice.
    CHECK_FALSE(store.finish(with_reward(owned, 0.5)));
    CHECK_FALSE(store.renew(owned, 60));
    CHECK_FALSE(store.put_back(owned, true));
    CHECK(*store.trial(0)->reward == 0.9);
    CHECK(store.trial(0)->worker == "second");
  }

  SECTION("the same worker's earlier claim is no lease") {
    insert_waiting(store, 1);
    const Trial before = *store.claim("worker", 60);
    store.release_worker("worker");
    const Trial after = *store.claim("worker", 60);
    CHECK_FALSE(store.finish(with_reward(before, 0.1)));
    CHECK(store.finish(with_reward(after, 0.2)));
  }

  SECTION("only deaths count as attempts") {
    insert_waiting(store, 1);
    CHECK(store.put_back(*store.claim("worker", 60), /*count_attempt=*/false));
    CHECK(store.trial(0)->attempt == 0);
    CHECK(store.put_back(*store.claim("worker", 60), /*count_attempt=*/true));
    CHECK(store.trial(0)->attempt == 1);
    CHECK(state_text(store.trial(0)->state) == "WAITING");
    store.claim("worker", 60);
    CHECK(store.release_worker("worker") == 1);
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

  SECTION("leases of a worker, or of all, go back to waiting") {
    insert_waiting(store, 5);
    for (const char* worker : {"a", "b", "a"}) store.claim(worker, 60);
    REQUIRE(store.finish(with_reward(*store.claim("b", 60), 1.0)));
    CHECK(store.release_worker("nobody") == 0);
    CHECK(store.release_worker("a") == 2);
    CHECK(store.release_worker("a") == 0);
    CHECK(state_text(store.trial(1)->state) == "LEASED");
    CHECK(store.release_worker("") == 1);
    CHECK(state_text(store.trial(3)->state) == "SUCCEEDED");
    CHECK(store.claim("c", 60)->id == 0);
  }

  SECTION("a lease ends by the clock unless it is renewed") {
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
}

// What one worker of many did.
struct Work {
  std::vector<int64_t> claimed;
  std::string failure;
};

void work(const std::string& url, const std::string& run, const std::string& name, Work& done) {
  try {
    Store store(url, run);
    while (const auto trial = store.claim(name, 60)) {
      done.claimed.push_back(trial->id);
      if (!store.finish(with_reward(*trial, static_cast<double>(trial->id) / 7)))
        done.failure = "refused";
    }
  } catch (const std::exception& error) {
    done.failure = error.what();
  }
}

TEST_CASE("Every store gives a trial to one of many workers", "[conformance]") {
  const std::string url = GENERATE(from_range(tests::store_urls()));
  CAPTURE(url);
  constexpr int64_t kTrials = 200;
  const std::string run = tests::new_store_run();
  Store store(url, run);
  insert_waiting(store, kTrials);
  std::vector<Work> works(4);
  std::vector<std::thread> threads;
  for (size_t w = 0; w < works.size(); ++w)
    threads.emplace_back([&, w] { work(url, run, "worker" + std::to_string(w), works[w]); });
  for (auto& thread : threads) thread.join();

  std::set<int64_t> all;
  for (const auto& done : works) {
    CHECK(done.failure == "");
    CHECK(std::is_sorted(done.claimed.begin(), done.claimed.end()));
    for (const int64_t id : done.claimed) CHECK(all.insert(id).second);
  }
  CHECK(all.size() == kTrials);
  for (const auto& trial : store.trials()) {
    REQUIRE(trial.reward.has_value());
    CHECK(*trial.reward == static_cast<double>(trial.id) / 7);
  }
}

}  // namespace
}  // namespace nas::engine
