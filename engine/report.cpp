#include "engine/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "common/file.h"
#include "common/text.h"
#include "engine/epochs_spent.h"
#include "engine/evaluator.h"
#include "engine/html.h"
#include "engine/html_chart.h"
#include "engine/objective.h"
#include "engine/pareto.h"
#include "engine/report_trainings.h"
#include "engine/run_space.h"
#include "engine/run_view.h"
#include "engine/supernet_view.h"
#include "engine/trained.h"
#include "engine/winner.h"

namespace nas::engine {

namespace {

constexpr size_t kShownTrials = 20;        // of those that failed
constexpr size_t kShownMistakes = 10;      // pairs of labels
constexpr size_t kLabelsOfAMatrix = 100;   // above, the page would be all zeros
constexpr const char* kQuiet = "#7f8c9a";  // colours of lines that show on white and on black
constexpr const char* kStrong = "#2f6fb0";

using html::Column;
using html::Series;

constexpr const char* kSyntheticNote =
    "<p class=\"note\">The images were drawn by a program (synthetic). Nothing here is a statement "
    "about photographs.</p>\n";

// The run is still locked by who writes the report, so its end is read from the trials.
std::string unfinished_note(const std::string& how_to_go_on, int64_t trained, int64_t wanted) {
  if (trained >= wanted) return "";
  return fmt::format(
      "<p class=\"note\">Stopped early, after {} of {} trials: by a time limit, because nothing "
      "new "
      "was left to propose, or because it was asked to. <code>{}</code> goes on.</p>\n",
      trained, wanted, html::escape(how_to_go_on));
}

std::string failed_trials(const std::vector<Trial>& trials) {
  std::vector<std::vector<std::string>> rows;
  size_t failed = 0;
  for (const auto& trial : trials) {
    const bool ended = is_finished(trial.state) && !trial.reused_from;
    const bool fine = trial.state == TrialState::kSucceeded || trial.state == TrialState::kNotRun;
    if (!ended || fine || ++failed > kShownTrials) continue;
    rows.push_back({std::to_string(trial.id), state_text(trial.state), trial.reason,
                    architecture_text(trial)});
  }
  if (rows.empty()) return "";
  return "<h2>Failed trials</h2>\n" +
         html::table({{"trial", Column::Kind::kNumber},
                      {"state"},
                      {"reason", Column::Kind::kWrapped},
                      {"architecture", Column::Kind::kLongest}},
                     rows) +
         (failed > rows.size() ? fmt::format("<p>And {} more.</p>\n", failed - rows.size()) : "");
}

// What no other trial surpasses in both quality and cost.
std::string pareto_table(const std::vector<Trial>& trials, const std::vector<Trial>& further,
                         const std::string& cost) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& point : pareto_front(trials, further, cost)) {
    rows.push_back(
        {std::to_string(point.trial), fmt::format("{:.4f}", point.quality), cost_text(point.cost)});
  }
  if (rows.size() < 2) return "";  // nothing to weigh
  return "<h2>Quality against cost (Pareto front)</h2>\n" +
         html::table({{"trial", Column::Kind::kNumber},
                      {"quality", Column::Kind::kNumber},
                      {cost, Column::Kind::kNumber}},
                     rows);
}

bool has_synthetic_proxy(const RunFolder& run) {
  const auto file = run.path() / "environment.json";
  if (!std::filesystem::exists(file)) return false;
  const common::Json environment = common::read_json(file);
  return environment.contains("proxy") && environment["proxy"].is_object() &&
         environment["proxy"].value("synthetic", false);
}

// Of metrics.jsonl: a number by epoch. A loss that is no number is written as null.
Series by_epoch(const std::vector<common::Json>& epochs, const std::string& key,
                const std::string& name, const char* colour) {
  Series series{.name = name, .colour = colour, .points = {}};
  for (const auto& epoch : epochs) {
    const auto found = epoch.find(key);
    if (found != epoch.end() && found->is_number())
      series.points.emplace_back(epoch.value("epoch", 0.0), found->get<double>());
  }
  return series;
}

std::string training_curves(const Model& model) {
  const auto file = model.folder / "metrics.jsonl";
  if (!std::filesystem::exists(file)) return "";
  std::vector<common::Json> epochs;
  for (const auto& line : common::split(common::read_file(file), '\n')) {
    const auto json = common::Json::parse(line, nullptr, false);
    if (json.is_object()) epochs.push_back(json);
  }
  std::string charts = html::chart({by_epoch(epochs, "train_loss", "training", kQuiet),
                                    by_epoch(epochs, "valid_loss", "held-out", kStrong)},
                                   "epoch", "loss (nats)");
  // While training, images with several labels are not scored.
  charts += model.task == data::Task::kSingleLabel
                ? html::chart({by_epoch(epochs, "train_accuracy", "training", kQuiet),
                               by_epoch(epochs, "valid_accuracy", "held-out", kStrong)},
                              "epoch", "accuracy (share of images)")
                : html::chart({by_epoch(epochs, "valid_auc_prc", "held-out", kStrong)}, "epoch",
                              "AUC-PRC");
  return charts.empty() ? "" : "<h2>Training</h2>\n" + charts;
}

std::string label_table(const Model& model, const child_trainer::Metrics& metrics) {
  std::vector<std::vector<std::string>> rows;
  for (size_t k = 0; k < metrics.labels.size(); ++k) {
    const auto& label = metrics.labels[k];
    rows.push_back({std::to_string(k), model.labels[k], common::with_commas(label.images),
                    fmt::format("{:.3f}", label.precision), fmt::format("{:.3f}", label.recall),
                    fmt::format("{:.3f}", label.f1),
                    fmt::format("{:.3f}", label.average_precision)});
  }
  constexpr auto kNumber = Column::Kind::kNumber;
  return html::table({{"#", kNumber},
                      {"label"},
                      {"images", kNumber},
                      {"precision", kNumber},
                      {"recall", kNumber},
                      {"F1", kNumber},
                      {"average precision", kNumber}},
                     rows);
}

// What is most often taken for what, as a share of the images that carry the true label.
std::string mistakes(const Model& model, const child_trainer::Metrics& metrics) {
  std::vector<std::tuple<int64_t, size_t, size_t>> found;  // images, true, predicted
  for (size_t i = 0; i < metrics.confusion.size(); ++i) {
    for (size_t j = 0; j < metrics.confusion[i].size(); ++j) {
      if (i != j && metrics.confusion[i][j] > 0) found.emplace_back(metrics.confusion[i][j], i, j);
    }
  }
  if (found.empty()) return "";
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  std::vector<std::vector<std::string>> rows;
  for (const auto& [images, label, predicted] : found) {
    if (rows.size() == kShownMistakes) break;
    const auto all = static_cast<double>(metrics.labels[label].images);
    rows.push_back({model.labels[label], model.labels[predicted], common::with_commas(images),
                    fmt::format("{:.1f} %", 100 * static_cast<double>(images) / all)});
  }
  return "<h2>Most frequent mistakes</h2>\n" +
         html::table({{"label"},
                      {"predicted as"},
                      {"images", Column::Kind::kNumber},
                      {"of the label", Column::Kind::kNumber}},
                     rows);
}

}  // namespace

void write_search_report(const RunFolder& run, const common::Options& options,
                         const std::vector<Trial>& trials, const std::vector<Trial>& further) {
  const bool synthetic = has_synthetic_proxy(run);
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  const int64_t trained = count_trainings(trials);
  const int64_t wanted = options.integer("trials");
  std::vector<std::pair<std::string, std::string>> facts = {
      {"Run", run.path().string()},
      {"Proxy", evaluator.needs_proxy ? options.text("proxy") + (synthetic ? " (synthetic)" : "")
                                      : "table " + options.text("table")},
      {"Space", options.text("space")},
      {"Strategy", options.text("strategy") + ", seed " + options.at("seed").value_text()},
      {"Trials", fmt::format("{} of {}", trained, wanted) +
                     (trials.empty() ? "" : ": " + counts_text(trials))},
  };
  const auto add_options = [&](const std::string& what, const std::vector<std::string>& names) {
    std::vector<std::string> parts;
    for (const auto& name : names) {
      if (options.is_given(name))
        parts.push_back("--" + name + " " + options.at(name).value_text());
    }
    if (!parts.empty()) facts.emplace_back(what, common::join(parts, ", "));
  };
  add_options("Reward", {"reward", "reward-power", "cost", "cost-target", "cost-weight"});
  add_options("Prescreened", {"prescreen", "pool"});
  add_options("Limits", {"max-parameters", "max-multiply-adds", "max-latency-ms"});
  add_options("Latency of", {"latency-batch"});
  add_options("Fidelity", {"fidelity", "min-epochs", "eta"});
  add_options("Finalists", {"finalists", "finalist-epochs"});
  if (const EpochsSpent spent = epochs_spent(trials, further, options); spent.all() > 0)
    facts.emplace_back("Epochs", epochs_text(spent));
  if (const double seconds = seconds_trained(trials, further); seconds > 0)
    facts.emplace_back("Training time", common::duration_text(seconds) + " over all children");
  std::string body = html::facts(facts);
  body += unfinished_note(how_to_continue(run, options), trained, wanted);
  if (synthetic) body += kSyntheticNote;
  if (!evaluator.caveat.empty())
    body += "<p class=\"note\">" + html::escape(evaluator.caveat) + ".</p>\n";
  if (const auto supernet = supernet_view(run, options)) body += supernet_html(*supernet);
  if (longest_trained(trials, further).empty()) {
    body += "<p class=\"note\">No trial succeeded.</p>\n";
  } else {
    body += "<h2>Rewards</h2>\n" + reward_chart(trials, further);
    body += "<h2>Highest rewards</h2>\n" + highest_rewards(trials, further);
    body += pareto_table(trials, further, cost_to_show(options));
    if (const auto winner = choose_winner(trials, further, options)) {
      const Trial& best = winner->trial;
      if (!winner->collapse.empty())
        body += "<p class=\"note\">" + html::escape(winner->collapse) + ".</p>\n";
      body += (winner->given ? "<h2>Best settings</h2>\n<p>" : "<h2>Best architecture</h2>\n<p>") +
              html::escape(winner_text(*winner)) + ".</p>\n" +
              html::facts(
                  {{"Trial", std::to_string(best.id)}, {"Architecture", architecture_text(best)}}) +
              html::drawing(best.architecture);
    }
    body += trained_again(further);
  }
  body += failed_trials(trials);
  common::write_file_atomically(run.report(),
                                html::page("Search " + run.path().filename().string(), body));
}

void write_model_report(const Model& model, const child_trainer::Metrics& metrics,
                        int64_t parameters, int64_t multiply_adds) {
  std::string body =
      html::facts({{"Dataset", model.dataset + (model.synthetic ? " (synthetic)" : "")},
                   {"Network", fmt::format("{} a stage, {} filters, {} px",
                                           common::counted(model.network.cells, "cell"),
                                           model.network.filters, model.network.input_size)},
                   {"Parameters", common::with_commas(parameters)},
                   {"Multiply-adds", common::with_unit(static_cast<double>(multiply_adds))},
                   {"Test images", common::with_commas(metrics.images)},
                   {"Accuracy", fmt::format("{:.4f}", metrics.accuracy)},
                   {"Log loss", fmt::format("{:.4f}", metrics.log_loss)},
                   {"AUC-PRC (micro)", fmt::format("{:.4f}", metrics.auc_prc)},
                   {"AUC-ROC (micro)", fmt::format("{:.4f}", metrics.auc_roc)}});
  if (model.synthetic) body += kSyntheticNote;
  body += training_curves(model);
  body += "<h2>Labels</h2>\n" + label_table(model, metrics);
  body += mistakes(model, metrics);
  if (!metrics.confusion.empty() && metrics.confusion.size() <= kLabelsOfAMatrix)
    body += "<h2>Confusion matrix</h2>\n" + html::confusion(metrics.confusion, model.labels);
  body += "<h2>Architecture</h2>\n" + html::drawing(model.architecture);
  common::write_file_atomically(model.folder / "report.html",
                                html::page("Model " + model.folder.filename().string(), body));
}

}  // namespace nas::engine
