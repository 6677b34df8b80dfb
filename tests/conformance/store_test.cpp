// What every registered store must keep, and keep apart. Who may write: store_lease_test.cpp.
#include "engine/store.h"

#include <soci/soci.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/error.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/store_databases.h"

namespace nas::engine {
namespace {

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

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
  CHECK((read.reward == written.reward));
  CHECK(read.reason == written.reason);
  CHECK(read.metrics.dump() == written.metrics.dump());
  CHECK(read.files.dump() == written.files.dump());
  CHECK(read.seconds == written.seconds);
}

TEST_CASE("Every store is tried", "[conformance]") {
  std::string missing;
  for (const auto& [name, entry] : common::Registry<StoreBackend>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK_FALSE(entry.plugin.summary.empty());
    CHECK(entry.plugin.prefix == name + ":");
    REQUIRE(tests::store_databases().count(name) == 1);
    if (tests::store_databases().at(name)().empty()) missing += " " + name;
  }
  if (!missing.empty()) SKIP("not installed here:" + missing);
}

TEST_CASE("Every store keeps what it is given", "[conformance]") {
  const std::string url = GENERATE(from_range(tests::store_urls()));
  CAPTURE(url);
  const std::string run = tests::new_store_run();
  Store store(url, run);

  SECTION("every field of a trial") {
    const Trial full = full_trial(3);
    const Trial plain = waiting_trial(0);
    CHECK(store.trials().empty());
    store.insert(full);
    store.insert(plain);
    CHECK_THROWS_AS(store.insert(plain), common::SystemError);  // its id is taken
    Store again(url, run);
    const auto trials = again.trials();
    REQUIRE(trials.size() == 2);
    check_same(trials[0], plain);
    check_same(trials[1], full);
    check_same(again.trial(3).value(), full);
    CHECK_FALSE(again.trial(0)->reward.has_value());
    CHECK_FALSE(again.trial(99).has_value());
  }

  SECTION("several trials at once, or none of them") {
    store.insert_all({waiting_trial(0), full_trial(1)});
    REQUIRE(store.trials().size() == 2);
    check_same(*store.trial(1), full_trial(1));
    CHECK_THROWS_AS(store.insert_all({waiting_trial(2), waiting_trial(1)}), common::SystemError);
    CHECK(Store(url, run).trials().size() == 2);
    store.insert_all({waiting_trial(2)});
    store.insert_all({});
    CHECK(store.trials().size() == 3);
  }

  SECTION("every state, and what was never trained") {
    std::vector<Trial> rows;
    for (auto state = TrialState::kWaiting; state <= TrialState::kNotRun;
         state = static_cast<TrialState>(static_cast<int>(state) + 1)) {
      rows.push_back(waiting_trial(static_cast<int64_t>(rows.size())));
      rows.back().state = state;
    }
    Trial& infeasible = rows[static_cast<size_t>(TrialState::kInfeasible)];
    infeasible.reason = "1,001 parameters; --max-parameters 1,000";
    infeasible.metrics = {{"parameters", 1001}};
    Trial& not_run = rows[static_cast<size_t>(TrialState::kNotRun)];
    not_run.metrics = {{"scores", {{"grad-norm", -1.0 / 3}, {"synflow", 1e300}}}};
    store.insert_all(rows);
    const auto read = Store(url, run).trials();
    REQUIRE(read.size() == rows.size());
    for (size_t i = 0; i < rows.size(); ++i) check_same(read[i], rows[i]);
    // Only the one that waits is ever given to a worker, or back to them.
    CHECK(store.claim("worker", 60)->id == 0);
    CHECK_FALSE(store.claim("worker", 60).has_value());
    CHECK(store.release_worker("") == 2);
    CHECK(state_text(store.trial(not_run.id)->state) == "NOT_RUN");
    CHECK(state_text(store.trial(infeasible.id)->state) == "INFEASIBLE");
  }

  SECTION("repeats, apart from the trials that they repeat") {
    const auto repeat = [](int64_t id) {
      Trial trial = waiting_trial(id);
      trial.kind = "repeat";
      return trial;
    };
    const int64_t far = 9'100'000 * kFirstFurther;  // a double does not hold far + 1
    for (const int64_t id :
         {far + 1, kFirstFurther + 17, 2 * kFirstFurther + 17, 3 * kFirstFurther})
      store.insert(repeat(id));
    store.insert_all({waiting_trial(17), waiting_trial(kFirstFurther - 1)});
    CHECK_THROWS_AS(store.insert(repeat(far + 1)), common::SystemError);

    REQUIRE(store.trials().size() == 2);
    check_same(store.trials()[1], waiting_trial(kFirstFurther - 1));
    const auto repeats = Store(url, run).further();
    REQUIRE(repeats.size() == 4);
    check_same(repeats[0], repeat(kFirstFurther + 17));
    check_same(repeats[1], repeat(2 * kFirstFurther + 17));
    check_same(repeats[3], repeat(far + 1));
    CHECK(parent_of(repeats[1]) == 17);
    CHECK_FALSE(store.trial(far).has_value());

    for (const int64_t id : {int64_t{17}, kFirstFurther - 1, kFirstFurther + 17,
                             2 * kFirstFurther + 17, 3 * kFirstFurther, far + 1}) {
      const auto claimed = store.claim("worker", 60);
      REQUIRE(claimed.has_value());
      CHECK(claimed->id == id);
      CHECK(store.renew(*claimed, 60));
      CHECK(store.finish(with_reward(*claimed, static_cast<double>(id % kFirstFurther))));
    }
    store.update_files(far + 1, {{"weights.safetensors", "ff"}});
    const Trial last = store.further()[3];
    CHECK(last.reward == 1.0);
    CHECK(last.files.size() == 1);
    CHECK(store.trial(kFirstFurther + 17)->files.empty());
    CHECK_NOTHROW(store.add_event("finished", far + 1, "a repeat"));
  }

  SECTION("the last bit of a number") {
    using Limits = std::numeric_limits<double>;
    std::vector<double> numbers = {0.0,
                                   1.0,
                                   0.1 + 0.2,
                                   94.37 / 100,
                                   -1e-17,
                                   std::nextafter(1.0, 0.0),
                                   Limits::epsilon(),
                                   Limits::min(),
                                   Limits::denorm_min(),
                                   Limits::max()};
    for (int i = 1; i < 100; ++i) numbers.push_back(std::sqrt(i) / 10);
    for (size_t i = 0; i < numbers.size(); ++i) {
      CAPTURE(i, numbers[i]);
      store.insert(waiting_trial(static_cast<int64_t>(i)));
      Trial trial = with_reward(*store.claim("worker", 60), numbers[i]);
      trial.seconds = numbers[i];
      REQUIRE(store.finish(trial));
      const auto read = store.trial(trial.id);
      REQUIRE((read && read->reward));
      CHECK(same_bits(*read->reward, numbers[i]));
      CHECK(same_bits(read->seconds, numbers[i]));
    }
  }

  SECTION("the strategy's state, however long") {
    std::string text;
    for (int i = 0; text.size() < 3000000; ++i) text += std::to_string(i) + "'\"\\:x?\n\xC3\xA4";
    CHECK_FALSE(store.load_strategy().has_value());
    store.save_strategy({.proposed = 1, .state = "small"});
    store.save_strategy({.proposed = 17, .state = text});
    const auto state = Store(url, run).load_strategy();
    REQUIRE(state.has_value());
    CHECK(state->proposed == 17);
    CHECK((state->state == text));
  }

  SECTION("notes, events and files") {
    CHECK(store.meta("end").empty());
    store.set_meta("end", "exhausted");
    store.set_meta("end", "done");
    CHECK(store.meta("end") == "done");
    store.set_meta("end", "");
    CHECK(store.meta("end").empty());
    store.insert(full_trial(0));
    store.update_files(0, {{"architecture.json", "ff"}});
    CHECK(store.trial(0)->files.dump() == R"({"architecture.json":"ff"})");
    CHECK((store.trial(0)->reward == full_trial(0).reward));
    CHECK_NOTHROW(store.add_event("worker died", -1, "it's gone"));
  }
}

int64_t count_of_meta_tables(const std::string& url) {
  const std::string name = url.substr(0, url.find(':'));
  const auto& backend = common::Registry<StoreBackend>::find(name);
  const auto session = backend.open(url.substr(backend.prefix.size()));
  long long tables = -1;
  *session << backend.has_meta, soci::into(tables);
  return tables;
}

TEST_CASE("Every store finds the runs that are there, and makes nothing where there is none",
          "[conformance]") {
  const std::string url = GENERATE(from_range(tests::store_urls()));
  CAPTURE(url);
  const std::string run = tests::new_store_run();
  Store made(url, run);
  CHECK(count_of_meta_tables(url) == 1);
  CHECK_FALSE(Store::find(url, run).has_value());  // nothing was said of it
  made.set_meta("begun", "now");
  CHECK(Store::find(url, run)->meta("begun") == "now");
  const std::string other = tests::new_store_run();
  CHECK_FALSE(Store::find(url, other).has_value());
  insert_waiting(made, 2);
  CHECK(Store::find(url, run)->trials().size() == 2);
  Store(url, other).insert(waiting_trial(7));
  CHECK(Store::find(url, other)->trials().size() == 1);

  const std::string empty = tests::url_without_tables(url);
  CHECK(count_of_meta_tables(empty) == 0);
  CHECK_FALSE(Store::find(empty, run).has_value());
  CHECK(count_of_meta_tables(empty) == 0);
}

TEST_CASE("Every store keeps the runs of one database apart", "[conformance]") {
  const std::string url = GENERATE(from_range(tests::store_urls()));
  CAPTURE(url);
  Store one(url, tests::new_store_run());
  Store two(url, tests::new_store_run());
  insert_waiting(one, 2);
  CHECK(two.trials().empty());
  CHECK_FALSE(two.claim("worker", 60).has_value());
  insert_waiting(two, 1);
  const Trial of_one = *one.claim("worker", -10);
  const Trial of_two = *two.claim("worker", 60);

  CHECK(two.release_worker("worker") == 1);
  CHECK(two.release_worker("") == 0);
  CHECK(two.release_expired() == 0);
  CHECK(state_text(one.trial(0)->state) == "LEASED");
  CHECK_FALSE(two.renew(of_one, 60));
  CHECK_FALSE(two.put_back(of_one, true));
  CHECK_FALSE(two.finish(with_reward(of_one, 1.0)));
  two.update_files(0, {{"file", "of two"}});
  CHECK(one.trial(0)->files.empty());
  CHECK(one.finish(with_reward(of_one, 0.5)));
  CHECK_FALSE(two.trial(0)->reward.has_value());

  one.set_meta("end", "done");
  CHECK(two.meta("end").empty());
  one.save_strategy({.proposed = 1, .state = "of one"});
  CHECK_FALSE(two.load_strategy().has_value());
  two.save_strategy({.proposed = 2, .state = "of two"});
  CHECK(one.load_strategy()->state == "of one");
}

}  // namespace
}  // namespace nas::engine
