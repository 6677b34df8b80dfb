#include "child_trainer/score_timer.h"

#include <algorithm>

#include "common/error.h"
#include "common/log.h"
#include "data/random_images.h"

namespace nas::child_trainer {

double seconds_a_score(const Score& score, const search_space::NetworkGraph& graph, int64_t images,
                       at::Device device) {
  const auto dataset =
      data::random_images(images, graph.nodes[0].shape.height, graph.classes, /*seed=*/0);
  const DeviceSplit split(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                          device);
  const Batch batch = EpochBatches(split, images, {}, {}).get(0);
  const auto timed = [&] {
    const double start = common::monotonic_seconds();
    Network network(graph, device, {});
    try {
      compute_score(score, network, batch);
    } catch (const common::TrialError&) {
      // That it is not a finite number is known at its end.
    }
    return common::monotonic_seconds() - start;
  };
  timed();
  return std::min(timed(), timed());
}

}  // namespace nas::child_trainer
