#include "engine/finalists.h"

#include <algorithm>

#include "common/error.h"
#include "engine/winner.h"

namespace nas::engine {

namespace {

constexpr int64_t kTimesEpochs = 4;

}  // namespace

common::OptionList finalist_options() {
  using common::Lasting;
  return {
      {.name = "finalists",
       .value = 0,
       .help = "The best so many architectures are trained anew at the end, for --finalist-epochs, "
               "and the winner is taken from them; they come on top of --trials",
       .min = 0,
       .max = 100000,
       .lasting = Lasting::kUntilChanged},
      {.name = "finalist-epochs",
       .value = 0,
       .help = "Epochs of a finalist, which has a schedule of its own; 0: four times --epochs",
       .unit = "epochs",
       .min = 0,
       .max = 100000,
       .lasting = Lasting::kUntilChanged},
  };
}

int64_t finalist_epochs(const common::Options& options) {
  const int64_t epochs = options.integer("finalist-epochs");
  return epochs > 0 ? epochs : kTimesEpochs * options.integer("epochs");
}

void check_finalists(const common::Options& options, bool by_epoch) {
  if (options.integer("finalists") == 0) {
    if (!options.is_given("finalist-epochs") || options.integer("finalist-epochs") == 0) return;
    throw common::ConfigError({.where = "--finalist-epochs",
                               .what = "there are no finalists",
                               .expected = "--finalists N"});
  }
  if (!by_epoch) {
    throw common::ConfigError({.where = "--finalists",
                               .what = "these rewards do not depend on how long is trained",
                               .got = "--evaluator " + options.text("evaluator"),
                               .expected = "--finalists 0"});
  }
  if (finalist_epochs(options) > options.integer("epochs")) return;
  throw common::ConfigError({.where = "--finalist-epochs",
                             .what = "finalists are trained longer than other children",
                             .got = std::to_string(finalist_epochs(options)),
                             .expected = "more than --epochs " + options.at("epochs").value_text(),
                             .hint = "--repeats, which trains the best once more"});
}

std::vector<Trial> missing_finalists(const std::vector<Trial>& trials,
                                     const std::vector<Trial>& further,
                                     const common::Options& options) {
  const auto wanted = static_cast<size_t>(options.integer("finalists"));
  if (wanted == 0) return {};
  std::vector<Trial> search = further;
  std::erase_if(search, [](const Trial& row) { return row.kind == "finalist"; });
  std::vector<Trial> missing;
  for (const Trial& trial : best_trials(trials, search, options, wanted)) {
    Trial finalist = finalist_of(trial, finalist_epochs(options));
    const bool there = std::any_of(further.begin(), further.end(),
                                   [&](const Trial& row) { return row.id == finalist.id; });
    if (!there) missing.push_back(std::move(finalist));
  }
  return missing;
}

}  // namespace nas::engine
