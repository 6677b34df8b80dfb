#include "engine/supernet_view.h"

#include <fmt/format.h>

#include "common/file.h"
#include "common/text.h"
#include "engine/html.h"
#include "engine/html_chart.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace {

using html::Series;

Series series_of(const SupernetView& view, const std::string& key, const std::string& name) {
  Series series{.name = name, .colour = "#2f6fb0", .points = {}};
  for (const auto& epoch : view.done) {
    if (epoch.contains(key) && epoch[key].is_number())
      series.points.emplace_back(epoch.value("epoch", 0.0), epoch[key].get<double>());
  }
  return series;
}

}  // namespace

std::optional<SupernetView> supernet_view(const RunFolder& run, const common::Options& options) {
  const SupernetSchedule schedule(options);
  if (!schedule.shared()) return std::nullopt;
  SupernetView view{.method = schedule.method(), .epochs = schedule.epochs(), .done = {}};
  const auto file = run.supernet() / "metrics.jsonl";
  if (!std::filesystem::exists(file)) return view;
  for (const auto& line : common::split(common::read_file(file), '\n')) {
    auto json = common::Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object()) view.done.push_back(std::move(json));
  }
  return view;
}

std::string supernet_text(const SupernetView& view) {
  if (view.done.empty())
    return fmt::format("{}: before its first epoch of {}", view.method, view.epochs);
  const auto& last = view.done.back();
  return fmt::format("{}: epoch {} of {}, training loss {:.4f}, accuracy {:.4f}, {} parameters",
                     view.method, last.value("epoch", int64_t{0}), view.epochs,
                     last.value("train_loss", 0.0), last.value("train_accuracy", 0.0),
                     common::with_commas(last.value("parameters", int64_t{0})));
}

common::Json to_json(const SupernetView& view) {
  return {{"method", view.method}, {"epochs", view.epochs}, {"done", view.done}};
}

std::string supernet_html(const SupernetView& view) {
  std::string html = "<h2>Supernet</h2>\n<p>" + html::escape(supernet_text(view)) + ".</p>\n";
  html += html::chart({series_of(view, "train_loss", "training")}, "epoch", "loss (nats)");
  html += html::chart({series_of(view, "mixture_entropy", "mixture")}, "epoch",
                      "entropy of an edge's operations (nats)");
  html += html::chart({series_of(view, "without_weights", "derived cell")}, "epoch",
                      "operations without weights in its normal cell");
  return html;
}

}  // namespace nas::engine
