#include "engine/report.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/file.h"
#include "engine/search_options.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/scoped_env.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using tests::TempDir;

size_t occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

Trial failed(int64_t id, const std::string& reason) {
  Trial trial = waiting_trial(id);
  trial.state = TrialState::kFailed;
  trial.reason = reason;
  return trial;
}

// Without Graphviz: its drawings are another test's.
std::string search_report(const std::vector<Trial>& trials, int64_t wanted) {
  const TempDir dir;
  const tests::ScopedEnv no_path("PATH", "/nowhere");
  common::Options options = search_options();
  options.set_value("trials", wanted, "flag");
  const RunFolder run(dir.path() / "run");
  write_search_report(run, options, trials, {});
  return common::read_file(run.report());
}

TEST_CASE("report: the best so far climbs in steps, over trials that failed too", "[engine]") {
  const std::string report = search_report(
      {failed(0, "no"), with_reward(waiting_trial(1), 0.25), failed(2, "no"),
       with_reward(waiting_trial(3), 0.75), with_reward(waiting_trial(4), 0.5), failed(5, "no")},
      6);
  const size_t steps = report.find("<path d=\"M", report.find("class=\"axis\"")) + 9;
  const std::string best = report.substr(steps, report.find('"', steps) - steps);
  CHECK(occurrences(best, "H") == 4);  // from trial 1 to 2, 3, 4 and 5
  CHECK(occurrences(best, "V") == 4);
  CHECK(occurrences(report, "h0") == 3);  // a dot a reward
  CHECK_THAT(report,
             ContainsSubstring("<dt>Trial</dt><dd>3</dd><dt>Architecture</dt><dd>key 3</dd>"));
  CHECK_THAT(report, ContainsSubstring("Failed trials") && !ContainsSubstring("Stopped early"));
}

TEST_CASE("report: rewards after many numbers of epochs are shown as the last and the others",
          "[engine]") {
  for (const int64_t numbers : {4, 60}) {
    CAPTURE(numbers);
    std::vector<Trial> trials;
    for (int64_t i = 0; i < numbers; ++i) {
      trials.push_back(with_reward(waiting_trial(i), 0.01 * static_cast<double>(i)));
      trials.back().to_epoch = i + 1;
    }
    const std::string report = search_report(trials, numbers);
    CHECK(occurrences(report, "h0") == static_cast<size_t>(numbers));  // a dot a reward
    CHECK(occurrences(report, "after 1 epoch<") == (numbers == 4 ? 1 : 0));
    CHECK(occurrences(report, "after fewer epochs") == (numbers == 4 ? 0 : 1));
    CHECK(occurrences(report, fmt::format("after {} epochs</span>", numbers)) == 1);
  }
}

TEST_CASE("report: of a single trial", "[engine]") {
  const std::string report = search_report({with_reward(waiting_trial(0), 0.5)}, 1);
  CHECK_THAT(report, ContainsSubstring("<dd>1 of 1: 1 SUCCEEDED</dd>") &&
                         ContainsSubstring(">0.5000</td>") && ContainsSubstring("h0") &&
                         !ContainsSubstring("Failed trials") && !ContainsSubstring("nan"));
}

TEST_CASE("report: where no trial succeeded there are no empty sections", "[engine]") {
  const std::string reason = "<died> " + std::string(300, 'x');
  const std::string report = search_report({failed(0, reason), failed(1, reason)}, 2);
  CHECK_THAT(report, ContainsSubstring("No trial succeeded") && ContainsSubstring("2 of 2") &&
                         ContainsSubstring("&lt;died&gt;") && !ContainsSubstring("<died>"));
  for (const char* section : {"<h2>Rewards", "<h2>Best", "<svg"})
    CHECK_THAT(report, !ContainsSubstring(section));
  CHECK_THAT(search_report({}, 2), ContainsSubstring("<dd>0 of 2</dd>") &&
                                       ContainsSubstring("Stopped early") &&
                                       !ContainsSubstring("Failed trials"));
}

// A model with labels of long names, of which the first is taken for the second once.
struct Measured {
  Model model;
  child_trainer::Metrics metrics;
};

Measured measured(const std::filesystem::path& folder, size_t labels) {
  Measured made;
  made.model.folder = folder;
  made.model.architecture = search_space::from_nasbench201_text(kBench201);
  made.model.network.cells = 1;
  made.metrics.images = static_cast<int64_t>(3 * labels);
  for (size_t k = 0; k < labels; ++k) {
    made.model.labels.push_back("label_" + std::to_string(k) + std::string(60, 'x'));
    made.metrics.labels.push_back({.images = 3, .recall = 1.0});
    made.metrics.confusion.emplace_back(labels, 0);
    made.metrics.confusion[k][k] = 3;
  }
  made.metrics.confusion[0][0] = 2;
  made.metrics.confusion[0][1] = 1;
  return made;
}

std::string model_report(const Measured& made) {
  const tests::ScopedEnv no_path("PATH", "/nowhere");
  write_model_report(made.model, made.metrics, 1000, 2000);
  return common::read_file(made.model.folder / "report.html");
}

TEST_CASE("report: a model's curves, labels and mistakes", "[engine]") {
  const TempDir dir;
  common::write_file_atomically(
      dir.path() / "metrics.jsonl",
      R"({"epoch":1,"train_loss":2.5,"train_accuracy":0.2,"valid_loss":1.8,"valid_accuracy":0.3})"
      "\n"
      R"({"epoch":2,"train_loss":1.5,"train_accuracy":0.4,"valid_loss":null,"valid_accuracy":0.5})"
      "\n{\"epoch\":3,\"train_lo");
  const std::string report = model_report(measured(dir.path(), 15));
  CHECK(occurrences(report, "class=\"curve\"") == 4);
  CHECK_THAT(report, ContainsSubstring("loss (nats)") &&
                         ContainsSubstring("accuracy (share of images)") &&
                         ContainsSubstring(">1 cell a stage"));
  CHECK_THAT(report, ContainsSubstring("Most frequent mistakes") && ContainsSubstring("33.3 %"));
  CHECK(occurrences(report, "rgba(") == 16);
}

TEST_CASE("report: a model of several labels an image has no accuracy by epoch", "[engine]") {
  const TempDir dir;
  common::write_file_atomically(dir.path() / "metrics.jsonl",
                                R"({"epoch":1,"train_loss":2.5,"valid_loss":1.8,)"
                                R"("train_accuracy":0.0,"valid_auc_prc":0.3})"
                                "\n");
  Measured made = measured(dir.path(), 3);
  made.model.task = data::Task::kMultiLabel;
  made.metrics.confusion.clear();
  const std::string report = model_report(made);
  CHECK_THAT(report, ContainsSubstring(">AUC-PRC</text>") &&
                         !ContainsSubstring("share of images") && !ContainsSubstring("mistakes") &&
                         !ContainsSubstring("Confusion matrix"));
}

TEST_CASE("report: without epochs, mistakes or with a thousand labels", "[engine]") {
  const TempDir dir;
  Measured made = measured(dir.path(), 1000);
  std::string report = model_report(made);
  CHECK_THAT(report, !ContainsSubstring("<h2>Training") && !ContainsSubstring("Confusion matrix") &&
                         ContainsSubstring("Most frequent mistakes"));
  CHECK(report.size() < 1000000);
  made = measured(dir.path(), 2);
  made.metrics.confusion[0] = {3, 0};
  report = model_report(made);
  CHECK_THAT(report, !ContainsSubstring("mistakes") && ContainsSubstring("Confusion matrix"));
}

}  // namespace
}  // namespace nas::engine
