#include "child_trainer/parallel_settings.h"

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

double ParallelSettings::learning_rate(const TrainSettings& settings) const {
  if (learning_rate_batch_size == 0) return settings.learning_rate;
  return settings.learning_rate * static_cast<double>(settings.batch_size) /
         static_cast<double>(learning_rate_batch_size);
}

}  // namespace nas::child_trainer
