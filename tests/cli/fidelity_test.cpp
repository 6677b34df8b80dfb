// Searches of the real program in rungs, on learning curves of known ranks.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>
#include <set>

#include "common/text.h"
#include "engine/trial.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

Texts curve_search(const std::string& run, const std::string& strategy, int trials,
                   const Texts& more) {
  Texts words = table_search(run, strategy, trials, {"--epochs", "9"});
  words[4] = "curves";  // in place of the table, whose rewards are those after the last epoch
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json searched_curves(const TempDir& dir, Texts words) {
  words.push_back("--json");
  const ProgramResult result = run_program(words, dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas search");
}

std::string text(const Json& row, const char* key) { return row.at(key).get<std::string>(); }

// The rewards of what was trained, by trial and by the epochs after which they are.
std::map<std::pair<int64_t, int64_t>, double> rewards_of(const Json& status) {
  std::map<std::pair<int64_t, int64_t>, double> rewards;
  for (const auto& row : status.at("trials")) {
    if (row.contains("reused_from") || text(row, "state") != "SUCCEEDED") continue;
    const auto id = engine::parent_of(row.at("id").get<int64_t>());
    const auto [found, added] =
        rewards.insert({{id, row.at("to_epoch").get<int64_t>()}, row.at("reward").get<double>()});
    CHECK(added);
  }
  return rewards;
}

TEST_CASE("fidelity: in rungs the best of each go on, and the winner was trained in full",
          "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  for (const char* fidelity : {"asha", "median"}) {
    CAPTURE(fidelity);
    const Json result =
        searched_curves(dir, curve_search(fidelity, "random", 40, {"--fidelity", fidelity}));
    const Json status = status_of(dir.path(), fidelity);
    const auto rewards = rewards_of(status);
    std::map<int64_t, int> trained;
    double best = 0;
    int64_t best_trial = -1;
    for (const auto& [what, reward] : rewards) {
      const auto [id, epochs] = what;
      ++trained[epochs];
      if (epochs > 1) CHECK(rewards.count({id, epochs / 3}) == 1);
      if (epochs < 9 || (best_trial >= 0 && reward <= best)) continue;
      best = reward;
      best_trial = id;
    }
    REQUIRE(trained.size() == 3);
    CHECK(trained[1] == 40);
    CHECK(trained[3] >= 13);
    CHECK(trained[3] < 40);
    CHECK(trained[9] >= 4);
    // Of those that passed the median once all may pass it again.
    CHECK(trained[9] < trained[3] + (fidelity == std::string("median") ? 1 : 0));
    const Json& epochs = status.at("epochs");
    CHECK(epochs.at("trained").get<int>() == 40 + 2 * trained[3] + 6 * trained[9]);
    CHECK(epochs.at("in_full").get<int>() == 360);
    CHECK(epochs.at("stopped_early").get<int>() == 40 - trained[9]);
    CHECK(epochs.at("rungs").at(0).at("promoted").get<int>() == trained[3]);
    CHECK(epochs.dump() == result.at("epochs").dump());
    CHECK(status.at("winner").at("trial").get<int64_t>() == best_trial);
    CHECK(status.at("winner").at("epochs").get<int>() == 9);
    CHECK(result.at("best").at("reward").get<double>() == best);
    for (const auto& row : status.at("trials")) {
      if (text(row, "kind") == "child") continue;
      CHECK(text(row, "kind") == "promotion");
      const auto& trial = status.at("trials").at(row.at("parent").get<size_t>());
      CHECK(row.at("key").dump() == trial.at("key").dump());
    }
    const ProgramResult csv = run_program({"status", "--run", fidelity, "--csv"}, dir.path());
    CHECK_THAT(csv.out, ContainsSubstring(fmt::format(",promotion,{},9,", best_trial)));
    const ProgramResult shown = run_program({"status", "--run", fidelity}, dir.path());
    CHECK_THAT(text(status, "caveat"), ContainsSubstring("made up"));
    CHECK_THAT(shown.out, ContainsSubstring("made up"));
    CHECK_THAT(common::read_file(dir.path() / fidelity / "report.html"),
               ContainsSubstring("made up"));
    CHECK_THAT(shown.out, ContainsSubstring("by the search in place of 360") &&
                              ContainsSubstring("       9      0.0  promoted") &&
                              ContainsSubstring("after 9 epochs"));
    CHECK_THAT(common::read_file(dir.path() / fidelity / "report.html"),
               ContainsSubstring("in place of 360") && ContainsSubstring("after 3 epochs"));
  }
}

TEST_CASE("fidelity: the same whatever the workers, and in parts", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  // One that learns nothing, one that learns from models, and one that is told late.
  for (const auto& [fidelity, strategy] : std::vector<std::pair<std::string, std::string>>{
           {"asha", "random"}, {"asha", "model-ppo"}, {"median", "evolution"}}) {
    CAPTURE(fidelity, strategy);
    const Texts more = {"--fidelity", fidelity};
    searched_curves(dir, curve_search(strategy, strategy, 22, more));
    const std::string parts = strategy + "-in-parts";
    for (const auto& [trials, workers] :
         std::vector<std::pair<int, std::string>>{{9, "1"}, {15, "3"}, {22, "1"}}) {
      Texts words = curve_search(parts, strategy, trials, more);
      words.insert(words.end(), {"--workers", workers});
      searched_curves(dir, words);
    }
    CHECK(outcome_of(dir.path(), parts) == outcome_of(dir.path(), strategy));
  }
}

TEST_CASE("fidelity: prescreened, with limits, repeats and what fails", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  // Every seventh row is missing: these trials fail.
  const auto lines = common::split(common::read_file(dir.path() / "table.csv"), '\n');
  std::string kept;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i % 7 != 3 && !lines[i].empty()) kept += lines[i] + "\n";
  }
  common::write_file_atomically(dir.path() / "table.csv", kept);
  const Texts more = {"--fidelity", "asha",   "--prescreen", "parameters",          "--input-size",
                      "16",         "--pool", "4",           "--max-multiply-adds", "2000000"};
  searched_curves(dir, curve_search("r", "evolution", 40, more));
  const Json status = status_of(dir.path(), "r");
  std::set<std::string> states;
  std::map<int64_t, std::string> state_of;
  for (const auto& row : status.at("trials")) {
    states.insert(text(row, "state"));
    const auto id = row.at("id").get<int64_t>();
    state_of[id] = text(row, "state");
    if (text(row, "kind") == "child") continue;
    CHECK(state_of.at(row.at("parent").get<int64_t>()) == "SUCCEEDED");
    CHECK(row.at("metrics").at("scores").at("parameters").get<double>() ==
          row.at("metrics").at("parameters").get<double>());
  }
  CHECK(states == std::set<std::string>{"FAILED", "INFEASIBLE", "NOT_RUN", "SUCCEEDED"});
  CHECK(status.at("epochs").at("rungs").at(0).at("trained").get<int>() == 40);
  CHECK(status.at("epochs").at("rungs").at(0).at("promoted").get<int>() >= 13);
  searched_curves(dir, curve_search("again", "evolution", 40, more));
  CHECK(outcome_of(dir.path(), "again") == outcome_of(dir.path(), "r"));
}

TEST_CASE("finalists: the winner is the best of them, asked for at once or later", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const Texts more = {"--fidelity", "asha", "--finalists", "3", "--finalist-epochs", "30"};
  const Json result = searched_curves(dir, curve_search("whole", "random", 30, more));
  const Json status = status_of(dir.path(), "whole");
  std::vector<Json> finalists;
  for (const auto& row : status.at("trials")) {
    if (text(row, "kind") == "finalist") finalists.push_back(row);
  }
  REQUIRE(finalists.size() == 3);
  double best = -1;
  for (const auto& row : finalists) {
    CHECK(row.at("to_epoch").get<int>() == 30);
    best = std::max(best, row.at("reward").get<double>());
  }
  CHECK(result.at("best").at("reward").get<double>() == best);
  CHECK(result.at("winner").at("finalist").get<bool>());
  CHECK(status.at("epochs").at("finalists").get<int>() == 90);
  const ProgramResult shown = run_program({"search", "--run", "whole"}, dir.path());
  CHECK_THAT(shown.out,
             ContainsSubstring("the best of 3 finalists") && ContainsSubstring("90 by finalists"));
  CHECK_THAT(run_program({"status", "--run", "whole"}, dir.path()).out,
             ContainsSubstring("      30      0.0  finalist"));
  CHECK_THAT(common::read_file(dir.path() / "whole" / "report.html"),
             ContainsSubstring("Finalists, trained anew for longer"));

  searched_curves(dir, curve_search("later", "random", 30, {"--fidelity", "asha"}));
  const Json front = status_of(dir.path(), "later").at("pareto_front");
  CHECK(front.at("trials").size() > 1);
  searched_curves(dir, {"search", "--run", "later", "--finalists", "1", "--finalist-epochs", "30"});
  searched_curves(dir, {"search", "--run", "later", "--finalists", "3", "--finalist-epochs", "30"});
  CHECK(outcome_of(dir.path(), "later") == outcome_of(dir.path(), "whole"));
  CHECK(status_of(dir.path(), "later").at("pareto_front") == front);

  // Others than before: they are counted by themselves.
  const ProgramResult longer = run_program(
      {"search", "--run", "later", "--finalists", "2", "--finalist-epochs", "40"}, dir.path());
  CHECK_THAT(longer.err, ContainsSubstring("2/2 finalists, 40 epochs each"));
  CHECK_THAT(run_program({"search", "--run", "later"}, dir.path()).err,
             ContainsSubstring("finished (more --trials or --finalists goes on with it)"));
}

TEST_CASE("fidelity: however often a time limit ends it, it goes on from there", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const Texts more = {"--fidelity", "asha"};
  searched_curves(dir, curve_search("whole", "random", 60, more));
  int ends = 0;
  for (const char* limit : {"0.02", "0.05", "0.1", "0.15"}) {
    Texts words = curve_search("limited", "random", 60, more);
    words.insert(words.end(), {"--time-limit", limit});
    const ProgramResult result = run_program(words, dir.path());
    CHECK((result.exit_code == 0 || result.exit_code == 4));  // 4: nothing was trained yet
    ends += text(status_of(dir.path(), "limited"), "state") == "stopped early" ? 1 : 0;
  }
  CHECK(ends > 0);
  searched_curves(dir, curve_search("limited", "random", 60, more));
  CHECK(outcome_of(dir.path(), "limited") == outcome_of(dir.path(), "whole"));
}

// What is found is compared by the rewards after the last epoch, which the table has.
TEST_CASE("fidelity: asha finds what training in full finds, for under half the epochs", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  constexpr int kSeeds = 6;
  double in_full = 0;
  double in_rungs = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const std::string number = std::to_string(seed);
    const auto found = [&](const std::string& fidelity, int trials, int& epochs) {
      const Json result =
          searched_curves(dir, curve_search(fidelity + number, "random", trials,
                                            {"--fidelity", fidelity, "--seed", number}));
      epochs = result.at("epochs").at("trained").get<int>();
      return result.at("best").at("reward").get<double>();
    };
    int all = 0;
    int some = 0;
    in_full += found("full", 60, all) / kSeeds;
    in_rungs += found("asha", 80, some) / kSeeds;
    CAPTURE(seed, all, some);
    CHECK(all == 540);
    CHECK(2 * some < all);
  }
  CAPTURE(in_full, in_rungs);
  CHECK(in_rungs >= in_full);
}

TEST_CASE("fidelity: options that do not fit end with code 2 and say why", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto refused = [&](const Texts& words, const std::string& why) {
    const ProgramResult result = run_program(words, dir.path());
    CAPTURE(why);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring(why));
  };
  refused(table_search("t", "random", 20, {"--fidelity", "asha"}), "do not depend on how long");
  refused(table_search("t", "random", 20, {"--finalists", "2"}), "do not depend on how long");
  refused(curve_search("t", "random", 20, {"--eta", "2"}), "--fidelity asha");
  refused(curve_search("t", "random", 8, {"--fidelity", "asha"}), "at least 9");
  refused(curve_search("t", "random", 20, {"--fidelity", "asha", "--min-epochs", "4"}),
          "at least --min-epochs times --eta, 12");
  refused(curve_search("t", "random", 20, {"--finalists", "2", "--finalist-epochs", "5"}),
          "more than --epochs 9");
  refused(curve_search("t", "random", 20, {"--fidelity", "hyperband"}), "asha");
  CHECK_FALSE(std::filesystem::exists(dir.path() / "t"));
  // A run keeps the rungs that it was begun with.
  searched_curves(dir, curve_search("r", "random", 9, {"--fidelity", "asha"}));
  refused({"search", "--run", "r", "--eta", "2"}, "eta");
  // Also of a finished one nothing is ignored.
  refused({"search", "--run", "r", "--repeats", "2"}, "the same rewards would come out");
  refused({"search", "--run", "r", "--finalist-epochs", "20"}, "there are no finalists");
}

}  // namespace
}  // namespace nas::tests
