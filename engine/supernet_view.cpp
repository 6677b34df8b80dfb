#include "engine/supernet_view.h"

#include <fmt/format.h>

#include <cmath>

#include "common/file.h"
#include "common/text.h"
#include "engine/html.h"
#include "engine/html_chart.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace {

using html::Series;

// Times the loss of guessing one of several classes, below which a training falls in its first
// epoch.
constexpr double kDiverged = 2.0;

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
  if (std::filesystem::exists(run.environment())) {
    const auto proxy = common::read_json(run.environment()).value("proxy", common::Json());
    if (proxy.is_object()) view.classes = proxy.value("classes", int64_t{0});
  }
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
  return fmt::format(
      "{}: epoch {} of {}, training loss {:.4f}, training accuracy {:.4f}, {} parameters",
      view.method, last.value("epoch", int64_t{0}), view.epochs, last.value("train_loss", 0.0),
      last.value("train_accuracy", 0.0), common::with_commas(last.value("parameters", int64_t{0})));
}

std::string divergence_text(const SupernetView& view) {
  if (view.done.empty() || view.classes < 2) return "";
  const double loss = view.done.back().value("train_loss", 0.0);
  const double guessing = std::log(static_cast<double>(view.classes));
  if (loss <= kDiverged * guessing) return "";
  return fmt::format(
      "the supernet diverged, and its rewards say nothing: a training loss of {:.3g} is far above "
      "{:.3g}, the logarithm of {} classes; try a new --run with a smaller --lr",
      loss, guessing, view.classes);
}

common::Json to_json(const SupernetView& view) {
  common::Json json = {{"method", view.method}, {"epochs", view.epochs}, {"done", view.done}};
  if (const auto warning = divergence_text(view); !warning.empty()) json["warning"] = warning;
  return json;
}

std::string supernet_html(const SupernetView& view) {
  std::string html = "<h2>Supernet</h2>\n<p>" + html::escape(supernet_text(view)) + ".</p>\n";
  if (const auto warning = divergence_text(view); !warning.empty())
    html += "<p class=\"note\">" + html::escape(warning) + ".</p>\n";
  html += html::chart({series_of(view, "train_loss", "training")}, "epoch", "loss (nats)");
  html += html::chart({series_of(view, "mixture_entropy", "mixture")}, "epoch",
                      "entropy of an edge's operations (nats)");
  html += html::chart({series_of(view, "without_weights", "derived cell")}, "epoch",
                      "operations without weights in its normal cell");
  return html;
}

}  // namespace nas::engine
