// The steps in which a policy makes the decisions of a space: one after another, but all
// connections of an anchor point (Decision::attends_to) at once.
#pragma once

#include <utility>
#include <vector>

#include "search_space/space.h"

namespace nas::controller {

class DecisionSteps {
 public:
  struct Step {
    size_t first = 0;  // decision
    size_t count = 1;  // decisions; more than one at an anchor point alone
    bool anchor = false;
  };

  explicit DecisionSteps(const std::vector<search_space::Decision>& decisions);

  size_t size() const { return steps_.size(); }
  const Step& operator[](size_t step) const { return steps_[step]; }
  size_t of(size_t decision) const { return step_of_[decision]; }
  // The step that a connection attends to.
  size_t attended_by(size_t decision) const { return of(source_of_[decision]); }

  // The decisions that connections attend to are numbered 0 … sources() - 1.
  size_t sources() const { return sources_.size(); }
  // What the step after an anchor point is told of it: the mean over the sources that are
  // connected. `weights`: [sources()], zeros before; nothing is written for another step.
  void write_links(size_t step, const search_space::Choices& choices, double* weights) const;

 private:
  std::vector<Step> steps_;
  std::vector<size_t> step_of_;  // by decision
  std::vector<size_t>
      source_of_;  // the decision attended to, by decision; itself where there is none
  std::vector<size_t> sources_;  // ascending
};

}  // namespace nas::controller
