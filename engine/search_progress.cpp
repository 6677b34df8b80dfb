#include "engine/search_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/text.h"

namespace nas::engine {

namespace {

std::string progress_text(const SearchStatus& status) {
  std::string text = fmt::format("{}/{} trials", status.trained, status.wanted);
  if (const int64_t promotions = status.promotions + status.waiting_on; promotions > 0)
    text += fmt::format(", {}/{} promotions", status.promotions, promotions);
  if (status.infeasible > 0) text += fmt::format(", {} INFEASIBLE", status.infeasible);
  if (status.best)
    text += fmt::format(", best {:.4f} (trial {})", *status.best->reward, parent_of(*status.best));
  if (status.last) {
    text += status.last->reward ? fmt::format(", last {:.4f}", *status.last->reward)
                                : ", last " + state_text(status.last->state);
  }
  if (status.pool > 1 && status.drawn > 0)
    text += fmt::format(", {} of a pool of {} drawn", status.drawn, status.pool);
  return text;
}

}  // namespace

void SearchProgress::operator()(const SearchStatus& status) {
  if (first_ < 0) first_ = status.trained;
  std::string text = progress_text(status);
  const int64_t here = status.trained - first_;
  if (status.trained != shown_) ended_ = status.seconds;
  if (here > 0 && status.trained < status.wanted) {
    const double all =
        ended_ / static_cast<double>(here) * static_cast<double>(status.wanted - status.trained);
    const double left = std::max(0.0, all - (status.seconds - ended_));
    text += ", about " + common::duration_text(left) + " left";
  }
  line_.show(text, status.trained == status.wanted && status.trained != shown_);
  shown_ = status.trained;
}

}  // namespace nas::engine
