#include "controller/mutation.h"

namespace nas::controller {

Choices mutate(const SpaceView& view, Choices choices, common::RandomStream& random) {
  const auto values = [&](size_t i) {
    return static_cast<int64_t>(view.decisions()[i].values.size());
  };
  std::vector<size_t> open;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (view.active(i, choices) && values(i) > 1) open.push_back(i);
  }
  if (open.empty()) return choices;
  const size_t changed =
      open[static_cast<size_t>(random.integer(static_cast<int64_t>(open.size())))];
  const int64_t step = 1 + random.integer(values(changed) - 1);
  choices[changed] = static_cast<int>((choices[changed] + step) % values(changed));
  for (size_t i = changed + 1; i < choices.size(); ++i) {
    if (!view.active(i, choices)) {
      choices[i] = search_space::kInactive;
    } else if (choices[i] == search_space::kInactive) {
      choices[i] = static_cast<int>(random.integer(values(i)));
    }
  }
  return choices;
}

}  // namespace nas::controller
