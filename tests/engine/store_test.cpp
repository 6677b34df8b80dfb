#include "engine/store.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "common/error.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/scoped_env.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::ConfigError;
using common::SystemError;
using tests::TempDir;

std::string url_in(const TempDir& folder) { return "sqlite:" + (folder.path() / "run.db").string(); }

void check_same(const Trial& read, const Trial& written) {
  CHECK(read.id == written.id);
  CHECK(read.kind == written.kind);
  CHECK(read.choices == written.choices);
  CHECK(read.key == written.key);
  CHECK((read.architecture == written.architecture));
  CHECK(read.architecture.name == written.architecture.name);
  CHECK((read.reused_from == written.reused_from));
  CHECK(read.from_epoch == written.from_epoch);
  CHECK(read.to_epoch == written.to_epoch);
  CHECK(read.attempt == written.attempt);
  CHECK(state_text(read.state) == state_text(written.state));
  CHECK(read.worker == written.worker);
  CHECK(read.lease == written.lease);
  CHECK((read.reward == written.reward));  // bit for bit
  CHECK(read.reason == written.reason);
  CHECK(read.metrics.dump() == written.metrics.dump());
  CHECK(read.files.dump() == written.files.dump());
  CHECK(read.seconds == written.seconds);
}

TEST_CASE("store: every field of a trial comes back", "[engine]") {
  const TempDir folder;
  const Trial full = full_trial(3);
  const Trial plain = waiting_trial(0);
  {
    Store store(url_in(folder));
    store.insert(full);
    store.insert(plain);
    CHECK_THROWS_AS(store.insert(plain), SystemError);  // its id is taken
  }
  Store store(url_in(folder));
  const auto trials = store.trials();
  REQUIRE(trials.size() == 2);
  check_same(trials[0], plain);
  check_same(trials[1], full);
  const auto one = store.trial(3);
  REQUIRE(one.has_value());
  check_same(*one, full);
  CHECK_FALSE(store.trial(0)->reward.has_value());
  CHECK_FALSE(store.trial(99).has_value());
}

TEST_CASE("store: rewards keep their last bit", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  const std::vector<double> rewards = {0.1 + 0.2, 1.0 / 3, 0.0, 1.0, -1e-17, 94.37 / 100, 5e-324,
                                       std::numeric_limits<double>::max(), std::numeric_limits<double>::epsilon()};
  for (size_t i = 0; i < rewards.size(); ++i) {
    Trial trial = waiting_trial(static_cast<int64_t>(i));
    store.insert(trial);
    trial = *store.claim("worker", 60);
    trial.state = TrialState::kSucceeded;
    trial.reward = rewards[i];
    trial.seconds = rewards[i];
    REQUIRE(store.finish(trial));
  }
  const auto trials = store.trials();
  for (size_t i = 0; i < rewards.size(); ++i) {
    CAPTURE(i);
    REQUIRE(trials.at(i).reward.has_value());
    CHECK(*trials[i].reward == rewards[i]);
    CHECK(trials[i].seconds == rewards[i]);
  }
}

TEST_CASE("store: waiting trials are claimed in their order", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  for (const int64_t id : {2, 0, 3, 1}) {
    Trial trial = waiting_trial(id);
    if (id == 1) trial.state = TrialState::kInfeasible;
    store.insert(trial);
  }
  std::vector<std::string> leases;
  for (const int64_t id : {0, 2, 3}) {
    const auto claimed = store.claim("worker", 60);
    REQUIRE(claimed.has_value());
    CHECK(claimed->id == id);
    CHECK(state_text(claimed->state) == "LEASED");
    CHECK(claimed->worker == "worker");
    CHECK_FALSE(claimed->lease.empty());
    for (const auto& lease : leases) CHECK(claimed->lease != lease);
    leases.push_back(claimed->lease);
  }
  CHECK_FALSE(store.claim("worker", 60).has_value());
}

TEST_CASE("store: the strategy's state is kept, however long", "[engine]") {
  const TempDir folder;
  std::string text;
  for (int i = 0; text.size() < 3000000; ++i) text += std::to_string(i) + "'\"\\:x?\n";
  {
    Store store(url_in(folder));
    CHECK_FALSE(store.load_strategy().has_value());
    store.save_strategy({.proposed = 1, .state = "small"});
    store.save_strategy({.proposed = 17, .state = text});
  }
  Store store(url_in(folder));
  const auto state = store.load_strategy();
  REQUIRE(state.has_value());
  CHECK(state->proposed == 17);
  CHECK((state->state == text));
}

TEST_CASE("store: notes, events and files", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder));
  CHECK(store.meta("end").empty());
  store.set_meta("end", "early");
  store.set_meta("end", "done");
  CHECK(store.meta("end") == "done");
  store.insert(full_trial(0));
  store.update_files(0, {{"architecture.json", "ff"}});
  CHECK(store.trial(0)->files.dump() == R"({"architecture.json":"ff"})");
  CHECK((store.trial(0)->reward == full_trial(0).reward));
  CHECK_NOTHROW(store.add_event("worker died", -1, "it's gone"));
}

TEST_CASE("store: a database of another version is refused", "[engine]") {
  const TempDir folder;
  Store(url_in(folder)).set_meta("schema", "999");
  CHECK_THROWS_AS(Store(url_in(folder)), ConfigError);
  CHECK_THROWS_WITH(Store(url_in(folder)), ContainsSubstring("schema 999"));
}

TEST_CASE("store: SQLite is refused on a network file system", "[engine]") {
  const TempDir folder;
  const tests::ScopedEnv pretended("NAS_TEST_NETWORK_FS", "1");
  CHECK_THROWS_AS(Store(url_in(folder)), ConfigError);
  CHECK_THROWS_WITH(Store(url_in(folder)), ContainsSubstring("network file system") && ContainsSubstring("postgresql"));
}

TEST_CASE("store: what cannot be opened is said", "[engine]") {
  const TempDir folder;
  CHECK_THROWS_AS(Store("sqlite:/proc/nothing/run.db"), SystemError);
  CHECK_THROWS_AS(Store("sqlite:" + folder.path().string()), SystemError);  // a folder
  CHECK_THROWS_WITH(Store("mysql:run"), ContainsSubstring("sqlite:") && ContainsSubstring("postgresql:"));
  CHECK_THROWS_AS(Store("mysql:run"), ConfigError);
}

}  // namespace
}  // namespace nas::engine
