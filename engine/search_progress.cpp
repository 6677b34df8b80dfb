#include "engine/search_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/text.h"
#include "engine/ladder.h"
#include "engine/supernet_schedule.h"
#include "engine/supernet_view.h"

namespace nas::engine {

namespace {

// in_rungs: rewards are of trainings of different length, so that the best one may fall.
std::string progress_text(const SearchStatus& status, bool in_rungs) {
  std::string text = fmt::format("{}/{} trials", status.trained, status.wanted);
  if (const int64_t promotions = status.promotions + status.waiting_on; promotions > 0)
    text += fmt::format(", {}/{} promotions", status.promotions, promotions);
  if (status.infeasible > 0) text += fmt::format(", {} INFEASIBLE", status.infeasible);
  if (status.best) {
    text += fmt::format(
        ", best {:.4f}{} (trial {})", *status.best->reward,
        in_rungs ? " after " + common::counted(status.best->to_epoch, "epoch") : std::string(),
        parent_of(*status.best));
  }
  if (status.last) {
    text += status.last->reward ? fmt::format(", last {:.4f}", *status.last->reward)
                                : ", last " + state_text(status.last->state);
  }
  if (status.pool > 1 && status.drawn > 0)
    text += fmt::format(", {} of a pool of {} drawn", status.drawn, status.pool);
  return text;
}

}  // namespace

SearchProgress::SearchProgress(const RunFolder& run, const common::Options& options)
    : run_(run),
      options_(options),
      shared_(SupernetSchedule(options).shared()),
      in_rungs_(Ladder(options).epochs().size() > 1) {}

void SearchProgress::operator()(const SearchStatus& status) {
  if (first_ < 0) first_ = status.trained;
  std::string text = progress_text(status, in_rungs_);
  const int64_t here = status.trained - first_;
  if (status.trained != shown_) ended_ = status.seconds;
  if (shared_) {
    text += supernet_part(status.seconds);
  } else if (here > 0 && status.trained < status.wanted) {
    const double all =
        ended_ / static_cast<double>(here) * static_cast<double>(status.wanted - status.trained);
    const double left = std::max(0.0, all - (status.seconds - ended_));
    text += ", about " + common::duration_text(left) + " left";
  }
  line_.show(text, status.ended);
  shown_ = status.trained;
}

// Read once a second: this is called often.
const std::string& SearchProgress::supernet_part(double now) {
  if (now - read_at_ < 1.0) return supernet_;
  read_at_ = now;
  const auto view = supernet_view(run_, options_);
  const auto trained = static_cast<int64_t>(view->done.size());
  supernet_ = trained < view->epochs ? "; supernet " + supernet_text(*view) : "";
  return supernet_;
}

}  // namespace nas::engine
