#include "controller/decision_steps.h"

#include <algorithm>

namespace nas::controller {

DecisionSteps::DecisionSteps(const std::vector<search_space::Decision>& decisions) {
  for (size_t i = 0; i < decisions.size(); ++i) {
    const auto& attends_to = decisions[i].attends_to;
    if (attends_to && !steps_.empty() && steps_.back().anchor) {
      ++steps_.back().count;
    } else {
      steps_.push_back({.first = i, .anchor = attends_to.has_value()});
    }
    step_of_.push_back(steps_.size() - 1);
    source_of_.push_back(attends_to ? static_cast<size_t>(*attends_to) : i);
    if (attends_to) sources_.push_back(source_of_.back());
  }
  std::sort(sources_.begin(), sources_.end());
  sources_.erase(std::unique(sources_.begin(), sources_.end()), sources_.end());
}

void DecisionSteps::write_links(size_t step, const search_space::Choices& choices,
                                double* weights) const {
  const Step& anchor = steps_[step];
  if (!anchor.anchor) return;
  const auto from = choices.begin() + static_cast<std::ptrdiff_t>(anchor.first);
  const auto connected = std::count(from, from + static_cast<std::ptrdiff_t>(anchor.count), 1);
  for (size_t i = anchor.first; i < anchor.first + anchor.count; ++i) {
    if (choices[i] != 1) continue;
    const auto source = std::lower_bound(sources_.begin(), sources_.end(), source_of_[i]);
    weights[source - sources_.begin()] = 1.0 / static_cast<double>(connected);
  }
}

}  // namespace nas::controller
