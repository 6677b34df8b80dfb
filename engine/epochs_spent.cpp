#include "engine/epochs_spent.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/text.h"
#include "engine/evaluator.h"
#include "engine/ladder.h"

namespace nas::engine {

namespace {

// Of a training that failed, as many as it said.
int64_t epochs_of(const Trial& row) {
  if (!is_finished(row.state) || !is_training(row)) return 0;
  const int64_t reached = row.state == TrialState::kSucceeded
                              ? row.to_epoch
                              : row.metrics.value("epoch", row.from_epoch);
  return std::max<int64_t>(0, reached - row.from_epoch);
}

}  // namespace

EpochsSpent epochs_spent(const std::vector<Trial>& trials, const std::vector<Trial>& further,
                         const common::Options& options) {
  EpochsSpent spent;
  if (!common::Registry<EvaluatorPlugin>::find(options.text("evaluator")).by_epoch) return spent;
  const Ladder ladder(options);
  const int64_t last = ladder.epochs().back();
  std::vector<EpochsSpent::Rung> rungs;
  for (const int64_t epochs : ladder.epochs()) rungs.push_back({.epochs = epochs});
  const auto count = [&](const Trial& row) {
    if (!is_training(row)) return;
    spent.search += epochs_of(row);
    if (row.state == TrialState::kSucceeded && row.to_epoch == last) --spent.stopped_early;
    for (size_t k = 0; k < rungs.size(); ++k) {
      if (rungs[k].epochs != row.to_epoch) continue;
      rungs[k].trained += is_finished(row.state) ? 1 : 0;
      if (k > 0) ++rungs[k - 1].promoted;
    }
  };
  for (const auto& trial : trials) {
    count(trial);
    if (!is_finished(trial.state) || !is_training(trial)) continue;
    spent.in_full += trial.to_epoch == last ? epochs_of(trial) : last;
    spent.stopped_early += trial.state == TrialState::kSucceeded ? 1 : 0;
  }
  for (const auto& row : further) {
    if (row.kind == "promotion") count(row);
    if (row.kind == "repeat") spent.repeats += epochs_of(row);
    if (row.kind == "finalist") spent.finalists += epochs_of(row);
  }
  if (rungs.size() > 1) spent.rungs = std::move(rungs);
  return spent;
}

common::Json to_json(const EpochsSpent& spent) {
  common::Json json = {{"trained", spent.all()},        {"search", spent.search},
                       {"in_full", spent.in_full},      {"repeats", spent.repeats},
                       {"finalists", spent.finalists},  {"stopped_early", spent.stopped_early},
                       {"rungs", common::Json::array()}};
  for (const auto& rung : spent.rungs) {
    json["rungs"].push_back(
        {{"epochs", rung.epochs}, {"trained", rung.trained}, {"promoted", rung.promoted}});
  }
  return json;
}

std::string epochs_text(const EpochsSpent& spent) {
  const auto by = [](int64_t epochs, const char* whom) {
    return fmt::format("{} by {}", common::with_commas(epochs), whom);
  };
  std::string text = fmt::format("{} trained", common::with_commas(spent.all()));
  std::vector<std::string> parts = {by(spent.search, "the search")};
  if (!spent.rungs.empty())
    parts[0] += fmt::format(" in place of {}", common::with_commas(spent.in_full));
  if (spent.repeats > 0) parts.push_back(by(spent.repeats, "repeats"));
  if (spent.finalists > 0) parts.push_back(by(spent.finalists, "finalists"));
  if (spent.search < spent.all() || !spent.rungs.empty()) text += ": " + common::join(parts, ", ");
  if (spent.rungs.empty()) return text;
  parts.clear();
  for (const auto& rung : spent.rungs) {
    if (rung.epochs == spent.rungs.back().epochs) break;
    parts.push_back(
        fmt::format("{} of {} promoted after {}", rung.promoted, rung.trained, rung.epochs));
  }
  return text + "; " + common::join(parts, ", ") +
         fmt::format("; {} not in full", common::counted(spent.stopped_early, "trial"));
}

}  // namespace nas::engine
