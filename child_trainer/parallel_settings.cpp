#include "child_trainer/parallel_settings.h"

#include <algorithm>

#include "common/error.h"

namespace nas::child_trainer {

common::OptionList ParallelSettings::options() const {
  return {
      {.name = "accumulate",
       .value = accumulate,
       .help = "Work through a batch in so many passes, which take less memory",
       .min = 1,
       .max = 65536},
      {.name = "sync-batch-norm",
       .value = synchronise_batch_norm,
       .help = "Take the statistics of batch norms over the images of all ranks"},
      {.name = "scale-learning-rate",
       .value = learning_rate_batch_size,
       .help = "Batch size that --lr was chosen for: it is scaled in proportion to --batch-size; "
               "0: it is not",
       .min = 0,
       .max = 65536},
  };
}

ParallelSettings ParallelSettings::from(const common::Options& options) {
  return {.accumulate = options.integer("accumulate"),
          .synchronise_batch_norm = options.flag("sync-batch-norm"),
          .learning_rate_batch_size = options.integer("scale-learning-rate")};
}

void ParallelSettings::check_parts(int64_t batch_size, int64_t ranks) const {
  if (batch_size >= ranks * accumulate) return;
  throw common::ConfigError({.where = "trainer",
                             .what = "a batch has fewer images than parts",
                             .got = std::to_string(batch_size) + " images for " +
                                    std::to_string(ranks) + " ranks in " +
                                    std::to_string(accumulate) + " passes",
                             .hint = "a larger --batch-size"});
}

int64_t ParallelSettings::images_a_pass(int64_t batch_size, int64_t ranks) const {
  return std::max<int64_t>(1, batch_size / (ranks * accumulate));
}

double ParallelSettings::learning_rate(const TrainSettings& settings) const {
  if (learning_rate_batch_size == 0) return settings.learning_rate;
  return settings.learning_rate * static_cast<double>(settings.batch_size) /
         static_cast<double>(learning_rate_batch_size);
}

}  // namespace nas::child_trainer
