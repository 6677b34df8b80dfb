#include "engine/report_trainings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "common/text.h"
#include "engine/html.h"
#include "engine/html_chart.h"
#include "engine/run_view.h"
#include "engine/trained.h"

namespace nas::engine {

namespace {

constexpr size_t kShownBest = 20;
constexpr const char* kRewardColour = "#2f6fb0";  // of lines that show on white and on black
constexpr const char* kBestColour = "#d9822b";
constexpr std::array<const char*, 4> kEpochsColours = {"#2f6fb0", "#d9822b", "#4c9f70", "#7f8c9a"};

using html::Column;
using html::Series;

bool has_reward(const Trial& row) { return row.reward && !row.reused_from; }

// Children and promotions that have a reward, in the order of their trials.
std::vector<const Trial*> rewarded(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& further) {
  std::vector<const Trial*> rows;
  for (const auto& trial : trials) {
    if (has_reward(trial)) rows.push_back(&trial);
  }
  for (const auto& row : further) {
    if (row.kind == "promotion" && has_reward(row)) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Trial* a, const Trial* b) { return parent_of(*a) < parent_of(*b); });
  return rows;
}

std::string kind_table(const std::vector<Trial>& further, const std::string& kind,
                       const std::string& title) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : further) {
    if (row.kind != kind) continue;
    rows.push_back({std::to_string(parent_of(row)), state_text(row.state),
                    std::to_string(row.to_epoch),
                    row.reward ? fmt::format("{:.4f}", *row.reward) : "", row.reason});
  }
  if (rows.empty()) return "";
  return "<h2>" + title + "</h2>\n" +
         html::table({{"trial", Column::Kind::kNumber},
                      {"state"},
                      {"epochs", Column::Kind::kNumber},
                      {"reward", Column::Kind::kNumber},
                      {"reason"}},
                     rows);
}

}  // namespace

double seconds_trained(const std::vector<Trial>& trials, const std::vector<Trial>& further) {
  double seconds = 0;
  std::map<int64_t, double> in_search;  // a promotion's seconds have its trial's in them
  for (const auto& trial : trials) {
    if (!trial.reused_from) in_search[trial.id] = trial.seconds;
  }
  for (const auto& row : further) {
    if (row.kind == "promotion") {
      in_search[parent_of(row)] = std::max(in_search[parent_of(row)], row.seconds);
    } else {
      seconds += row.seconds;
    }
  }
  for (const auto& [trial, spent] : in_search) seconds += spent;
  return seconds;
}

std::string reward_chart(const std::vector<Trial>& trials, const std::vector<Trial>& further) {
  std::map<int64_t, Series> by_epochs;
  for (const Trial* row : rewarded(trials, further)) {
    Series& series = by_epochs[row->to_epoch];
    series.kind = Series::Kind::kDots;
    series.points.emplace_back(static_cast<double>(parent_of(*row)), *row->reward);
  }
  std::vector<Series> shown;
  if (by_epochs.size() > 1) {
    // Shared weights are rewarded all the while that they learn.
    const bool many = by_epochs.size() > kEpochsColours.size();
    const int64_t last = by_epochs.rbegin()->first;
    for (auto& [epochs, series] : by_epochs) {
      const bool fewer = many && epochs < last;
      if (fewer && !shown.empty()) {
        auto& points = shown[0].points;
        points.insert(points.end(), series.points.begin(), series.points.end());
        continue;
      }
      series.name = fewer ? "after fewer epochs" : "after " + common::counted(epochs, "epoch");
      series.colour = kEpochsColours.at(shown.size() % kEpochsColours.size());
      shown.push_back(std::move(series));
    }
    return html::chart(shown, "trial", "reward");
  }
  Series best{
      .name = "best so far", .colour = kBestColour, .points = {}, .kind = Series::Kind::kSteps};
  std::optional<double> highest;
  for (const auto& trial : trials) {
    if (trial.reward) highest = highest ? std::max(*highest, *trial.reward) : *trial.reward;
    // At trials that failed too.
    if (highest) best.points.emplace_back(static_cast<double>(trial.id), *highest);
  }
  shown.push_back(std::move(best));
  Series rewards{
      .name = "reward", .colour = kRewardColour, .points = {}, .kind = Series::Kind::kDots};
  for (const auto& trial : trials) {
    if (trial.reward) rewards.points.emplace_back(static_cast<double>(trial.id), *trial.reward);
  }
  shown.push_back(std::move(rewards));
  return html::chart(shown, "trial", "reward");
}

std::string highest_rewards(const std::vector<Trial>& trials, const std::vector<Trial>& further) {
  std::map<int64_t, const Trial*> longest;  // by trial
  std::map<int64_t, int> levels;            // by epochs
  for (const Trial* row : rewarded(trials, further)) {
    const Trial*& known = longest[parent_of(*row)];
    if (known == nullptr || known->to_epoch < row->to_epoch) known = row;
    ++levels[row->to_epoch];
  }
  std::vector<const Trial*> ranked;
  for (const auto& [id, row] : longest) ranked.push_back(row);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Trial* a, const Trial* b) { return is_better(*a, *b); });
  ranked.resize(std::min(ranked.size(), kShownBest));
  std::vector<std::vector<std::string>> rows;
  for (const Trial* row : ranked) {
    // A table knows neither of what was trained.
    const auto parameters = row->metrics.value("parameters", int64_t{0});
    rows.push_back(
        {std::to_string(parent_of(*row)), levels.size() > 1 ? std::to_string(row->to_epoch) : "",
         fmt::format("{:.4f}", *row->reward), parameters > 0 ? common::with_commas(parameters) : "",
         row->seconds > 0 ? common::duration_text(row->seconds) : "", architecture_text(*row)});
  }
  return html::table({{"trial", Column::Kind::kNumber},
                      {"epochs", Column::Kind::kNumber},
                      {"reward", Column::Kind::kNumber},
                      {"parameters", Column::Kind::kNumber},
                      {"trained", Column::Kind::kNumber},
                      {"architecture", Column::Kind::kLongest}},
                     rows);
}

std::string trained_again(const std::vector<Trial>& further) {
  return kind_table(further, "repeat", "Trained again, with another seed") +
         kind_table(further, "finalist", "Finalists, trained anew for longer");
}

}  // namespace nas::engine
