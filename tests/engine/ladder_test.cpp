// Which trainings of a run go on from rung to rung, whatever ends first.
#include "engine/ladder.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <set>

#include "common/error.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Integers = std::vector<int64_t>;

common::Options options_of(const std::string& fidelity, int64_t min_epochs, int64_t eta,
                           int64_t epochs, int64_t trials = 100) {
  common::Options options = search_options();
  options.set("fidelity", fidelity, "test");
  options.set_value("min-epochs", min_epochs, "test");
  options.set_value("eta", eta, "test");
  options.set_value("epochs", epochs, "test");
  options.set_value("trials", trials, "test");
  return options;
}

Integers rungs_of(int64_t min_epochs, int64_t eta, int64_t epochs) {
  return Ladder(options_of("asha", min_epochs, eta, epochs)).epochs();
}

TEST_CASE("ladder: rungs have eta times the epochs, and the last one all", "[engine]") {
  CHECK(rungs_of(1, 3, 9) == Integers{1, 3, 9});
  CHECK(rungs_of(1, 3, 10) == Integers{1, 3, 10});
  CHECK(rungs_of(2, 4, 31) == Integers{2, 31});
  CHECK(rungs_of(2, 4, 32) == Integers{2, 8, 32});
  CHECK(rungs_of(1, 2, 1) == Integers{1});
  CHECK(Ladder(options_of("full", 1, 3, 20)).epochs() == Integers{20});
}

TEST_CASE("ladder: what cannot be climbed is refused", "[engine]") {
  CHECK_NOTHROW(Ladder::check(options_of("asha", 1, 3, 9, 9), true));
  CHECK_NOTHROW(Ladder::check(options_of("median", 1, 3, 9, 4), true));
  CHECK_THROWS_WITH(Ladder::check(options_of("median", 1, 3, 9, 3), true),
                    ContainsSubstring("at least 4") && ContainsSubstring("--fidelity full"));
  CHECK_THROWS_WITH(Ladder::check(options_of("asha", 1, 3, 9, 8), true),
                    ContainsSubstring("at least 9") && ContainsSubstring("--trials"));
  CHECK_THROWS_WITH(Ladder::check(options_of("asha", 2, 3, 5), true),
                    ContainsSubstring("at least --min-epochs times --eta, 6"));
  CHECK_THROWS_AS(Ladder::check(options_of("asha", 1, 3, 9), false), common::ConfigError);
  common::Options options = search_options();
  CHECK_NOTHROW(Ladder::check(options, false));
  options.set("eta", "4", "flag");
  CHECK_THROWS_WITH(Ladder::check(options, true), ContainsSubstring("--eta"));
}

TEST_CASE("ladder: the epochs that are expected", "[engine]") {
  CHECK(Ladder(options_of("full", 1, 3, 9)).expected_epochs(10) == 90);
  CHECK(Ladder(options_of("asha", 1, 3, 9)).expected_epochs(9) == 9 + 3 * 2 + 1 * 6);
  CHECK(Ladder(options_of("median", 1, 3, 9)).expected_epochs(10) == 90);
}

// A search whose rewards are known: what a training of trial i has after so many epochs.
class Search {
 public:
  Search(const common::Options& options, int64_t trials)
      : ladder_(options), epochs_(ladder_.epochs()) {
    for (int64_t id = 0; id < trials; ++id)
      trials_.push_back({.id = id, .key = std::to_string(id), .to_epoch = epochs_.front()});
  }

  Trial& trial(int64_t id) { return trials_[static_cast<size_t>(id)]; }
  Promotions& promotions() { return promotions_; }
  Ladder& ladder() { return ladder_; }

  void advance() {
    for (Trial& row : ladder_.advance(trials_, promotions_)) {
      order_.push_back(row.id);
      CHECK(promotions_.emplace(row.id, row).second);
    }
  }

  // Trains all that is there and comes of it, in a random order.
  void train(uint64_t seed) {
    common::RandomStream random({.seed = seed, .purpose = "order of trainings"});
    for (;;) {
      advance();
      std::vector<Trial*> open;
      for (auto& trial : trials_) open.push_back(&trial);
      for (auto& [id, row] : promotions_) open.push_back(&row);
      std::erase_if(open, [](const Trial* row) { return is_finished(row->state); });
      if (open.empty()) return;
      finish(*open[static_cast<size_t>(random.integer(static_cast<int64_t>(open.size())))]);
    }
  }

  static void finish(Trial& row) {
    common::RandomStream random(
        {.trial = static_cast<uint64_t>(parent_of(row)), .purpose = "a trial's worth"});
    const double worth = random.uniform();
    const double rate = random.uniform();
    if (random.chance(0.1) && row.to_epoch > 1) {
      row.state = TrialState::kNotANumber;
      return;
    }
    row.state = TrialState::kSucceeded;
    row.metrics["rewards"] = common::Json::array();
    for (int64_t epoch = row.from_epoch + 1; epoch <= row.to_epoch; ++epoch) {
      row.reward = worth - rate / static_cast<double>(epoch);
      row.metrics["rewards"].push_back(*row.reward);
    }
  }

  std::vector<Trial> trials_;
  Promotions promotions_;
  std::vector<int64_t> order_;  // in which they were promoted

 private:
  Ladder ladder_;
  Integers epochs_;
};

TEST_CASE("ladder: what goes on does not depend on what ends first", "[engine]") {
  for (const char* fidelity : {"asha", "median"}) {
    const common::Options options = options_of(fidelity, 1, 3, 9);
    Search first(options, 60);
    first.train(0);
    auto ids = first.order_;
    std::sort(ids.begin(), ids.end());
    CHECK(ids.size() >= 60 / 3 + 60 / 9);
    for (uint64_t seed = 1; seed < 8; ++seed) {
      CAPTURE(fidelity, seed);
      Search other(options, 60);
      other.train(seed);
      auto others = other.order_;
      std::sort(others.begin(), others.end());
      CHECK((others == ids));
    }
  }
}

TEST_CASE("ladder: a promotion goes on where its trial was stopped", "[engine]") {
  const common::Options options = options_of("asha", 1, 3, 9);
  Search search(options, 30);
  search.trial(3).metrics = {{"parameters", 5}, {"quality", 0.5}};
  search.train(1);
  const auto& epochs = search.ladder().epochs();
  for (const auto& [id, row] : search.promotions()) {
    CAPTURE(id);
    CHECK(row.kind == "promotion");
    const auto rung =
        static_cast<size_t>(std::find(epochs.begin(), epochs.end(), row.to_epoch) - epochs.begin());
    REQUIRE(rung > 0);
    REQUIRE(rung < epochs.size());
    CHECK(row.from_epoch == epochs[rung - 1]);
    CHECK(row.key == std::to_string(parent_of(row)));
    const int64_t before = continued_by(row);
    const Trial& below = rung == 1 ? search.trial(before) : search.promotions().at(before);
    CHECK((below.state == TrialState::kSucceeded));
    CHECK(below.to_epoch == row.from_epoch);
  }
}

TEST_CASE("ladder: one that starts later decides the same, and adds what is missing", "[engine]") {
  for (const char* fidelity : {"asha", "median"}) {
    CAPTURE(fidelity);
    const common::Options options = options_of(fidelity, 1, 3, 9);
    Search search(options, 40);
    search.train(5);
    Ladder again(options);
    CHECK(again.advance(search.trials_, search.promotions_).empty());
    CHECK(again.promoted() == static_cast<int64_t>(search.promotions_.size()));
    // Killed before the last decision was stored.
    Promotions stored = search.promotions_;
    const int64_t lost = search.order_.back();
    const Trial expected = stored.at(lost);
    stored.erase(lost);
    Ladder killed(options);
    const auto added = killed.advance(search.trials_, stored);
    REQUIRE(added.size() == 1);
    CHECK(added[0].id == lost);
    CHECK(added[0].from_epoch == expected.from_epoch);
    CHECK(added[0].to_epoch == expected.to_epoch);
    CHECK(added[0].metrics.contains("rewards") == false);
  }
}

TEST_CASE("ladder: more trials extend it as if they had always been there", "[engine]") {
  const common::Options options = options_of("asha", 1, 2, 8);
  Search whole(options, 50);
  whole.train(1);
  Search parts(options, 20);
  parts.train(2);
  for (int64_t id = 20; id < 50; ++id)
    parts.trials_.push_back({.id = id, .key = std::to_string(id), .to_epoch = 1});
  parts.train(3);
  REQUIRE(parts.promotions_.size() == whole.promotions_.size());
  for (const auto& [id, row] : whole.promotions_) {
    CHECK(parts.promotions_.count(id) == 1);
    CHECK((parts.promotions_.at(id).reward == row.reward));
  }
}

TEST_CASE("ladder: what was not trained is on no rung", "[engine]") {
  const common::Options options = options_of("asha", 1, 2, 2);
  Search search(options, 8);
  // As reward: the trial's number.
  for (const int64_t id : {0, 1, 2, 3, 4, 5, 6, 7}) {
    search.trial(id).state = TrialState::kSucceeded;
    search.trial(id).reward = static_cast<double>(id);
  }
  search.trial(1).state = TrialState::kNotRun;
  search.trial(3).state = TrialState::kInfeasible;
  search.trial(5).reused_from = 0;
  search.trial(7).state = TrialState::kNotANumber;  // it was trained: five are on the first rung
  search.advance();
  CHECK(search.order_ == Integers{promotion_of(search.trial(2), 1).id,
                                  promotion_of(search.trial(4), 1).id,
                                  promotion_of(search.trial(6), 1).id});
  for (const int64_t id : {0, 1, 3, 5, 7}) CHECK(search.ladder().is_known(search.trial(id)));
}

TEST_CASE("ladder: a rung waits for what came to it before, and nothing else does", "[engine]") {
  Search search(options_of("asha", 1, 2, 4), 6);
  const auto finish = [&](Trial& trial, double reward) {
    trial.state = TrialState::kSucceeded;
    trial.reward = reward;
  };
  for (const int64_t id : {1, 2, 3}) finish(search.trial(id), static_cast<double>(id));
  search.advance();
  CHECK(search.order_.empty());  // trial 0 takes long
  finish(search.trial(0), 0.0);
  search.advance();
  REQUIRE(search.order_.size() == 3);  // 1 of two, 2 of three, 3 of four
  // The second of the next rung ends first; it has to wait for the first.
  finish(search.promotions().at(search.order_[1]), 2.0);
  finish(search.trial(4), 4.0);
  search.advance();
  CHECK(search.order_.size() == 4);  // trial 4, from the first rung
  finish(search.promotions().at(search.order_[0]), 1.0);
  search.advance();
  CHECK(search.order_.back() == promotion_of(search.trial(2), 2).id);
}

TEST_CASE("ladder: the strategy is told of the first rung, or of the end where that is near",
          "[engine]") {
  for (const char* fidelity : {"full", "asha"}) {
    Search search(options_of(fidelity, 1, 2, 4), 1);
    CHECK_FALSE(search.ladder().is_known(search.trial(0)));
    Search::finish(search.trial(0));
    CHECK(search.ladder().is_known(search.trial(0)));
    CHECK(&search.ladder().told_of(search.trial(0), {}) == &search.trial(0));
  }
  Search search(options_of("median", 1, 2, 4), 5);
  for (int64_t id = 0; id < 5; ++id) {
    search.trial(id).state = TrialState::kSucceeded;
    search.trial(id).reward = id == 4 ? 0.1 : 0.5;
  }
  search.advance();
  CHECK(search.ladder().is_known(search.trial(4)));  // stopped
  CHECK(&search.ladder().told_of(search.trial(4), search.promotions()) == &search.trial(4));
  for (const int64_t rung : {1, 2}) {
    CHECK_FALSE(search.ladder().is_known(search.trial(0)));
    Trial& row = search.promotions().at(promotion_of(search.trial(0), rung).id);
    row.state = rung == 1 ? TrialState::kSucceeded : TrialState::kNotANumber;
    row.reward = 0.6;
    search.advance();
  }
  CHECK(search.ladder().is_known(search.trial(0)));
  CHECK((search.ladder().told_of(search.trial(0), search.promotions()).state ==
         TrialState::kNotANumber));
}

TEST_CASE("ladder: a checkpoint is left behind when nobody can go on with it", "[engine]") {
  for (const char* fidelity : {"asha", "median"}) {
    CAPTURE(fidelity);
    Search search(options_of(fidelity, 1, 3, 9), 45);
    search.train(1);
    const auto left = search.ladder().left_behind(45, search.promotions());
    const std::set<int64_t> rows(left.begin(), left.end());
    CHECK(rows.size() == left.size());
    for (const auto& [id, row] : search.promotions()) CHECK(rows.count(continued_by(row)) == 1);
    // Nothing goes on any more, unless trials are added.
    for (const auto& trial : search.trials_) CHECK(rows.count(trial.id) == 1);
    for (const auto& [id, row] : search.promotions()) {
      if (row.to_epoch < 9) CHECK(rows.count(id) == 1);
    }
    const auto more = search.ladder().left_behind(450, search.promotions());
    if (std::string(fidelity) == "asha") CHECK(more.size() < left.size());
  }
}

}  // namespace
}  // namespace nas::engine
