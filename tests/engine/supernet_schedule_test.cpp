#include "engine/supernet_schedule.h"

#include <catch2/catch_test_macros.hpp>

#include "common/error.h"
#include "common/file.h"
#include "engine/job_options.h"
#include "engine/search_options.h"
#include "engine/supernet_paths.h"
#include "engine/supernet_view.h"
#include "engine/winner.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

common::Options shared_options(const std::string& strategy, int64_t trials, int64_t epochs) {
  common::Options options = search_options();
  options.set("evaluator", "shared", "flag");
  options.set("space", "nasbench201", "flag");
  options.set("strategy", strategy, "flag");
  options.set_value("epochs", epochs, "flag");
  if (trials > 0) options.set_value("trials", trials, "flag");
  SupernetSchedule::resolve(options);
  return options;
}

std::vector<int64_t> epochs_before(const SupernetSchedule& schedule, int64_t trials) {
  std::vector<int64_t> epochs;
  for (int64_t trial = 0; trial < trials; ++trial) epochs.push_back(schedule.epochs_before(trial));
  return epochs;
}

using Epochs = std::vector<int64_t>;

TEST_CASE("supernet schedule: enas spreads its epochs over the first half", "[engine]") {
  const common::Options options = shared_options("ppo", 12, 3);
  CHECK(options.text("supernet.method") == "enas");
  CHECK(options.integer("supernet.trials-an-epoch") == 3);
  CHECK(options.integer("workers") == 1);
  CHECK(options.at("threads").origin == "machine");  // all cores: there is one child
  const SupernetSchedule schedule(options);
  CHECK(epochs_before(schedule, 8) == Epochs{1, 1, 1, 2, 2, 2, 3, 3});
  CHECK(schedule.begins_epoch(0) == 0);
  CHECK(schedule.begins_epoch(1) == -1);
  CHECK(schedule.begins_epoch(3) == 1);
  CHECK(schedule.begins_epoch(6) == 2);
  CHECK(schedule.begins_epoch(9) == -1);
  CHECK_FALSE(schedule.is_whole(5));
  CHECK(schedule.is_whole(6));
  // What is rewarded with other weights is no repeat.
  CHECK(schedule.weights_of(1) == schedule.weights_of(2));
  CHECK(schedule.weights_of(2) != schedule.weights_of(3));
  CHECK(schedule.weights_of(6) == schedule.weights_of(100));
}

TEST_CASE("supernet schedule: half of the trials of enas come after the last epoch, or a few more",
          "[engine]") {
  const auto after_the_last = [](int64_t trials, int64_t epochs) {
    const SupernetSchedule schedule(shared_options("ppo", trials, epochs));
    int64_t count = 0;
    for (int64_t trial = 0; trial < trials; ++trial) count += schedule.is_whole(trial) ? 1 : 0;
    return count;
  };
  CHECK(after_the_last(8, 3) == 4);
  CHECK(after_the_last(12, 3) == 6);
  CHECK(after_the_last(200, 30) == 113);
  CHECK(after_the_last(7, 1) == 7);
  CHECK(after_the_last(5, 4) == 2);  // one between two epochs at least
}

TEST_CASE("supernet schedule: spos trains first, darts an epoch a cell", "[engine]") {
  const SupernetSchedule spos(shared_options("evolution", 12, 3));
  CHECK(spos.method() == "spos");
  CHECK(epochs_before(spos, 3) == Epochs{3, 3, 3});
  CHECK(spos.begins_epoch(0) == -1);
  const common::Options options = shared_options("darts", 0, 3);
  CHECK(options.integer("trials") == 4);
  const SupernetSchedule darts(options);
  CHECK(epochs_before(darts, 4) == Epochs{1, 2, 3, 3});
  CHECK(darts.weights_of(2) != darts.weights_of(3));

  const SupernetSchedule none(search_options());
  CHECK_FALSE(none.shared());
  CHECK(none.weights_of(5) == 0);
  CHECK_FALSE(none.is_whole(5));
}

TEST_CASE("supernet schedule: a preset of its own is taken", "[engine]") {
  common::Options options = search_options();
  options.set("evaluator", "shared", "flag");
  apply_preset(options, /*gpu=*/false);
  CHECK(options.at("epochs").origin == "preset supernet-laptop");
  common::Options gpu = search_options();
  gpu.set("evaluator", "shared", "flag");
  apply_preset(gpu, /*gpu=*/true);
  CHECK(gpu.integer("filters") == 16);
}

TEST_CASE("supernet paths: what is written is read, and not another epoch's", "[engine]") {
  const tests::TempDir dir;
  const RunFolder run(dir.path());
  const std::vector<search_space::Choices> paths = {{0, 1, 2}, {2, 1, 0}};
  write_paths(run, 3, paths);
  CHECK(read_paths(run, 3) == paths);
  CHECK_THROWS_AS(read_paths(run, 4), common::DataError);
  std::filesystem::copy(run.supernet() / "paths/000003.json", run.supernet() / "paths/000004.json");
  CHECK_THROWS_AS(read_paths(run, 4), common::DataError);
}

TEST_CASE("supernet view: a loss far above that of guessing is said", "[engine]") {
  const tests::TempDir dir;
  const RunFolder run(dir.path());
  const common::Options options = shared_options("random", 3, 2);
  common::write_file_atomically(run.environment(), R"({"proxy": {"classes": 8}})");
  const auto after = [&](const std::string& loss) {
    common::write_file_atomically(run.supernet() / "metrics.jsonl",
                                  R"({"epoch": 1, "train_loss": )" + loss + "}\n");
    return *supernet_view(run, options);
  };
  CHECK(divergence_text(*supernet_view(run, options)).empty());  // before its first epoch
  CHECK(divergence_text(after("2.2")).empty());
  CHECK_FALSE(to_json(after("2.2")).contains("warning"));
  const auto diverged = after("2e7");
  CHECK(divergence_text(diverged).find("a training loss of 2e+07") != std::string::npos);
  CHECK(divergence_text(diverged).find("smaller --lr") != std::string::npos);
  CHECK(to_json(diverged).contains("warning"));
  CHECK(supernet_html(diverged).find("diverged") != std::string::npos);
  CHECK(supernet_text(diverged).find(", training accuracy ") != std::string::npos);
}

}  // namespace
}  // namespace nas::engine
