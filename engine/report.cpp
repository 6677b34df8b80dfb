#include "engine/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/file.h"
#include "common/text.h"
#include "engine/html.h"
#include "engine/run_view.h"
#include "engine/winner.h"

namespace nas::engine {

namespace {

constexpr size_t kShownTrials = 20;  // of the best, and of those that failed
constexpr const char* kSyntheticNote =
    "<p class=\"note\">The images were drawn by a program (synthetic). Nothing here is a statement "
    "about photographs.</p>\n";

// The run is still locked by who writes the report, so its end is read from the trials.
std::string unfinished_note(const RunFolder& run, int64_t trained, int64_t wanted) {
  if (trained >= wanted) return "";
  return fmt::format(
      "<p class=\"note\">Stopped early, after {} of {} trials: by a time limit, because nothing "
      "new "
      "was left to propose, or because it was asked to. <code>nas search --run {}</code> goes "
      "on.</p>\n",
      trained, wanted, html::escape(run.path().string()));
}

std::string failed_trials(const std::vector<Trial>& trials) {
  std::vector<std::vector<std::string>> rows;
  size_t failed = 0;
  for (const auto& trial : trials) {
    const bool ended = is_finished(trial.state) && !trial.reused_from;
    if (!ended || trial.state == TrialState::kSucceeded || ++failed > kShownTrials) continue;
    rows.push_back({std::to_string(trial.id), state_text(trial.state), trial.reason, trial.key});
  }
  if (rows.empty()) return "";
  return "<h2>Failed trials</h2>\n" +
         html::table({"trial", "state", "reason", "architecture"}, rows) +
         (failed > rows.size() ? fmt::format("<p>And {} more.</p>\n", failed - rows.size()) : "");
}

std::string repeated_trials(const std::vector<Trial>& repeats) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& repeat : repeats) {
    rows.push_back({std::to_string(parent_of(repeat)), state_text(repeat.state),
                    repeat.reward ? fmt::format("{:.4f}", *repeat.reward) : repeat.reason});
  }
  if (rows.empty()) return "";
  return "<h2>Trained again, with another seed</h2>\n" +
         html::table({"trial", "state", "reward"}, rows);
}

bool has_synthetic_proxy(const RunFolder& run) {
  const auto file = run.path() / "environment.json";
  if (!std::filesystem::exists(file)) return false;
  const common::Json environment = common::read_json(file);
  return environment.contains("proxy") && environment["proxy"].is_object() &&
         environment["proxy"].value("synthetic", false);
}

std::string reward_chart(const std::vector<Trial>& trials) {
  html::Series rewards{.name = "reward", .colour = "#2f6fb0", .points = {}, .line = false};
  html::Series best{.name = "best so far", .colour = "#d9822b", .points = {}};
  for (const auto& trial : trials) {
    if (!trial.reward) continue;
    const auto x = static_cast<double>(trial.id);
    rewards.points.emplace_back(x, *trial.reward);
    best.points.emplace_back(x, best.points.empty()
                                    ? *trial.reward
                                    : std::max(best.points.back().second, *trial.reward));
  }
  return html::chart({rewards, best}, "trial", "reward");
}

std::string curves(const std::filesystem::path& file) {
  html::Series train{.name = "training accuracy", .colour = "#9aa7b5", .points = {}};
  html::Series valid{.name = "held-out accuracy", .colour = "#2f6fb0", .points = {}};
  if (!std::filesystem::exists(file)) return "";
  for (const auto& line : common::split(common::read_file(file), '\n')) {
    const auto json = common::Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    train.points.emplace_back(json.value("epoch", 0.0), json.value("train_accuracy", 0.0));
    valid.points.emplace_back(json.value("epoch", 0.0), json.value("valid_accuracy", 0.0));
  }
  return html::chart({train, valid}, "epoch", "accuracy");
}

}  // namespace

void write_search_report(const RunFolder& run, const common::Options& options,
                         const std::vector<Trial>& trials, const std::vector<Trial>& repeats) {
  std::vector<const Trial*> ranked;
  double seconds = 0;
  for (const auto& repeat : repeats) seconds += repeat.seconds;
  for (const auto& trial : trials) {
    if (!trial.reused_from) seconds += trial.seconds;
    if (trial.reward && !trial.reused_from) ranked.push_back(&trial);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Trial* a, const Trial* b) { return *a->reward > *b->reward; });
  const bool synthetic = has_synthetic_proxy(run);
  const int64_t trained = count_trainings(trials);
  const int64_t wanted = options.integer("trials");
  std::string body = html::facts(
      {{"Run", run.path().string()},
       {"Proxy", options.text("evaluator") == "trained"
                     ? options.text("proxy") + (synthetic ? " (synthetic)" : "")
                     : "table " + options.text("table")},
       {"Space", options.text("space")},
       {"Strategy", options.text("strategy") + ", seed " + options.at("seed").value_text()},
       {"Trials", fmt::format("{} of {}: {}", trained, wanted, counts_text(trials))},
       {"Training time", common::duration_text(seconds) + " over all children"}});
  body += unfinished_note(run, trained, wanted);
  if (synthetic) body += kSyntheticNote;
  body += "<h2>Rewards</h2>\n" + reward_chart(trials);
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < std::min(kShownTrials, ranked.size()); ++i) {
    const Trial& trial = *ranked[i];
    rows.push_back({std::to_string(trial.id), fmt::format("{:.4f}", *trial.reward),
                    common::with_commas(trial.metrics.value("parameters", int64_t{0})),
                    common::duration_text(trial.seconds), trial.key});
  }
  body += "<h2>Highest rewards</h2>\n" +
          (rows.empty()
               ? "<p>No trial succeeded.</p>\n"
               : html::table({"trial", "reward", "parameters", "trained", "architecture"}, rows));
  if (const auto winner = choose_winner(trials, repeats, options)) {
    body += "<h2>Best architecture</h2>\n<p>" + html::escape(winner_text(*winner)) + ".</p>\n" +
            html::drawing(winner->trial.architecture);
  }
  body += repeated_trials(repeats);
  body += failed_trials(trials);
  common::write_file_atomically(run.report(),
                                html::page("Search " + run.path().filename().string(), body));
}

void write_model_report(const Model& model, const child_trainer::Metrics& metrics,
                        int64_t parameters, int64_t multiply_adds) {
  std::string body = html::facts(
      {{"Dataset", model.dataset + (model.synthetic ? " (synthetic)" : "")},
       {"Network", fmt::format("{} cells a stage, {} filters, {} px", model.network.cells,
                               model.network.filters, model.network.input_size)},
       {"Parameters", common::with_commas(parameters)},
       {"Multiply-adds", common::with_unit(static_cast<double>(multiply_adds))},
       {"Test images", common::with_commas(metrics.images)},
       {"Accuracy", fmt::format("{:.4f}", metrics.accuracy)},
       {"Log loss", fmt::format("{:.4f}", metrics.log_loss)},
       {"AUC-PRC (micro)", fmt::format("{:.4f}", metrics.auc_prc)},
       {"AUC-ROC (micro)", fmt::format("{:.4f}", metrics.auc_roc)}});
  if (model.synthetic) body += kSyntheticNote;
  body += "<h2>Training</h2>\n" + curves(model.folder / "metrics.jsonl");
  std::vector<std::vector<std::string>> rows;
  for (size_t k = 0; k < metrics.labels.size(); ++k) {
    const auto& label = metrics.labels[k];
    rows.push_back({std::to_string(k), model.labels[k], std::to_string(label.images),
                    fmt::format("{:.3f}", label.precision), fmt::format("{:.3f}", label.recall),
                    fmt::format("{:.3f}", label.f1),
                    fmt::format("{:.3f}", label.average_precision)});
  }
  body +=
      "<h2>Labels</h2>\n" +
      html::table({"", "label", "images", "precision", "recall", "F1", "average precision"}, rows);
  if (!metrics.confusion.empty())
    body += "<h2>Confusion matrix</h2>\n" + html::confusion(metrics.confusion, model.labels);
  body += "<h2>Architecture</h2>\n" + html::drawing(model.architecture);
  common::write_file_atomically(model.folder / "report.html",
                                html::page("Model " + model.folder.filename().string(), body));
}

}  // namespace nas::engine
