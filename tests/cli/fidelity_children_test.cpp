// Real children in rungs: one that goes on is one that was never stopped.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "child_trainer/epoch_metrics.h"
#include "common/text.h"
#include "engine/trial.h"
#include "tests/cli/small_searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

// A search of real children in dir/RUN, of four epochs.
Json searched_children(const fs::path& dir, const std::string& run, const Texts& more,
                       const Environment& environment = {}) {
  if (!fs::exists(dir / "shapes.h5")) make_shapes(dir);
  Texts words =
      small_search(run, {"--epochs", "4", "--trials", "8", "--keep", "2", "--drop-path", "0.2"});
  words.insert(words.end(), more.begin(), more.end());
  const ProgramResult result = run_program(words, dir, environment);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return status_of(dir, run);
}

// All but times and memory.
std::string measured(const Json& row) {
  Json metrics = row.at("metrics");
  for (const char* key : {"seconds", "images_per_second", "peak_bytes", "times", "rewards"})
    metrics.erase(key);
  return metrics.dump();
}

std::vector<child_trainer::EpochMetrics> epochs_in(const fs::path& folder) {
  return child_trainer::read_metrics(folder / "metrics.jsonl");
}

size_t files_named(const fs::path& folder, const std::string& name) {
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    count += entry.path().filename() == name ? 1 : 0;
  return count;
}

TEST_CASE("fidelity: a promoted child has the numbers of one that was never stopped", "[cli]") {
  const TempDir dir;
  const Json full = searched_children(dir.path(), "full", {});
  const Json halved = searched_children(dir.path(), "halved", {"--fidelity", "asha", "--eta", "2"});
  int to_the_end = 0;
  for (const auto& row : halved.at("trials")) {
    if (row.at("kind").get<std::string>() == "child") {
      CHECK(row.at("to_epoch").get<int>() == 1);
      continue;
    }
    const auto id = row.at("id").get<int64_t>();
    const fs::path folder = dir.path() / "halved" / "trials" / std::to_string(id);
    const auto lines = epochs_in(folder);
    CHECK(lines.size() == row.at("to_epoch").get<size_t>() - row.at("from_epoch").get<size_t>());
    CHECK(row.at("metrics").at("rewards").size() == lines.size());
    CHECK(row.at("metrics").at("rewards").back().get<double>() == row.at("reward").get<double>());
    if (row.at("to_epoch").get<int>() < 4) continue;
    ++to_the_end;
    const Json& never_stopped = full.at("trials").at(row.at("parent").get<size_t>());
    CHECK(row.at("key").dump() == never_stopped.at("key").dump());
    CHECK(row.at("reward").get<double>() == never_stopped.at("reward").get<double>());
    CHECK(measured(row) == measured(never_stopped));
  }
  CHECK(to_the_end >= 2);
  const fs::path trials = dir.path() / "halved" / "trials";
  CHECK(files_named(trials, "checkpoint.safetensors") == 0);
  CHECK(files_named(trials, "weights.safetensors") == 2);
  CHECK(fs::exists(dir.path() / "halved" / "best" / "weights.safetensors"));
}

TEST_CASE("fidelity: what fails on its way up goes no further", "[cli]") {
  const TempDir dir;
  const Json whole = searched_children(dir.path(), "whole", {"--fidelity", "asha", "--eta", "2"});
  // Those that went on to the second rung diverge there, or their child dies each time.
  Texts faults;
  std::vector<int64_t> promoted;
  for (const auto& row : whole.at("trials")) {
    if (row.at("kind").get<std::string>() != "promotion" || row.at("to_epoch").get<int>() != 2)
      continue;
    promoted.push_back(row.at("id").get<int64_t>());
    faults.push_back((promoted.size() % 2 == 1 ? "nan@" : "kill@") +
                     std::to_string(promoted.back()));
  }
  REQUIRE(promoted.size() >= 4);
  const Json broken = searched_children(dir.path(), "broken", {"--fidelity", "asha", "--eta", "2"},
                                        {{"NAS_TEST_FAULT", common::join(faults, ",")}});
  size_t failed = 0;
  for (const auto& row : broken.at("trials")) {
    const auto state = row.at("state").get<std::string>();
    if (row.at("kind").get<std::string>() == "child") {
      CHECK(state == "SUCCEEDED");
      continue;
    }
    CHECK(row.at("to_epoch").get<int>() == 2);
    CHECK((state == "NAN" || state == "FAILED"));
    ++failed;
  }
  CHECK(failed == promoted.size());
  // Of what is left, the first rung decides.
  CHECK(broken.at("winner").at("trial").is_number());
  CHECK_FALSE(broken.at("winner").contains("epochs"));
  CHECK(files_named(dir.path() / "broken" / "trials", "checkpoint.safetensors") == 0);
}

// The same rows with the same numbers.
void check_same(const Json& one, const Json& other) {
  REQUIRE(one.at("trials").size() == other.at("trials").size());
  for (size_t i = 0; i < one.at("trials").size(); ++i) {
    const Json& row = one.at("trials")[i];
    CHECK(row.at("id").dump() == other.at("trials")[i].at("id").dump());
    CHECK(row.at("reward").dump() == other.at("trials")[i].at("reward").dump());
    CHECK(measured(row) == measured(other.at("trials")[i]));
  }
}

TEST_CASE("fidelity: a checkpoint that is damaged or gone costs epochs, not the trial", "[cli]") {
  const TempDir dir;
  const Texts more = {"--fidelity", "asha", "--eta", "2"};
  const Json whole = searched_children(dir.path(), "whole", more);
  Texts faults;
  for (const auto& row : whole.at("trials")) {
    if (row.at("kind").get<std::string>() == "promotion")
      faults.push_back("badcheckpoint@" + std::to_string(row.at("id").get<int64_t>()));
  }
  REQUIRE(faults.size() >= 6);
  check_same(searched_children(dir.path(), "damaged", more,
                               {{"NAS_TEST_FAULT", common::join(faults, ",")}}),
             whole);
  // A search that has ended keeps no checkpoint; with more trials some of the first go on after
  // all.
  Texts fewer = more;
  fewer.insert(fewer.end(), {"--trials", "4"});
  searched_children(dir.path(), "parts", fewer);
  check_same(searched_children(dir.path(), "parts", more), whole);
}

TEST_CASE("finalists: they are trained anew, with a schedule of their own", "[cli]") {
  const TempDir dir;
  const Json longer = searched_children(dir.path(), "longer", {"--epochs", "5"});
  const Json status = searched_children(
      dir.path(), "r",
      {"--fidelity", "asha", "--eta", "2", "--finalists", "2", "--finalist-epochs", "5"});
  int finalists = 0;
  for (const auto& row : status.at("trials")) {
    if (row.at("kind").get<std::string>() != "finalist") continue;
    ++finalists;
    CHECK(row.at("state").get<std::string>() == "SUCCEEDED");
    const auto id = row.at("id").get<int64_t>();
    const auto epochs = epochs_in(dir.path() / "r" / "trials" / std::to_string(id));
    // The learning rates are those of a search of five epochs; the seed is another.
    const auto parent = row.at("parent").get<int64_t>();
    const auto others = epochs_in(dir.path() / "longer" / "trials" / fmt::format("{:06}", parent));
    REQUIRE(epochs.size() == 5);
    REQUIRE(others.size() == 5);
    for (size_t i = 0; i < epochs.size(); ++i) {
      CHECK(epochs[i].learning_rate == others[i].learning_rate);
      CHECK(epochs[i].train_loss != others[i].train_loss);
    }
  }
  CHECK(finalists == 2);
  const Json winner = status.at("winner");
  CHECK(winner.at("finalist").get<bool>());
  CHECK(common::read_file(dir.path() / "r" / "best" / "weights.safetensors") ==
        common::read_file(
            dir.path() / "r" / "trials" /
            std::to_string(engine::finalist_of({.id = winner.at("trial").get<int64_t>()}, 5).id) /
            "weights.safetensors"));
}

}  // namespace
}  // namespace nas::tests
