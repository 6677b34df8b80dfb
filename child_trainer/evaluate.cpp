#include "child_trainer/evaluate.h"

#include <ATen/ATen.h>

#include <cstring>

#include "child_trainer/distributed/single_communicator.h"

namespace nas::child_trainer {

std::vector<float> scores_of(Network& network, const DeviceSplit& split, int64_t batch_size) {
  SingleCommunicator alone;
  return scores_of(network, split, alone, batch_size);
}

std::vector<float> scores_of(Network& network, const DeviceSplit& split, Communicator& communicator,
                             int64_t batch_size) {
  const c10::InferenceMode inference;
  const int64_t classes = network.graph().classes;
  std::vector<float> scores(static_cast<size_t>(split.count() * classes));
  for (int64_t begin = 0; begin < split.count(); begin += batch_size) {
    if (begin / batch_size % communicator.ranks() != communicator.rank()) continue;
    const int64_t end = std::min(begin + batch_size, split.count());
    const Batch batch = split.gather(at::arange(begin, end, at::kLong));
    const at::Tensor logits =
        network
            .forward(batch.images.contiguous(at::MemoryFormat::ChannelsLast), {.training = false})
            .logits;
    const at::Tensor probabilities =
        split.multi_label() ? at::sigmoid(logits) : at::softmax(logits, 1);
    const at::Tensor rows = probabilities.to(at::kCPU, at::kFloat).contiguous();
    std::memcpy(scores.data() + begin * classes, rows.data_ptr(), rows.nbytes());
  }
  if (communicator.ranks() == 1) return scores;
  // What other ranks score is 0 here: their sum is each score itself.
  communicator.all_reduce(at::from_blob(scores.data(), {split.count() * classes}, at::kFloat))
      .get();
  return scores;
}

}  // namespace nas::child_trainer
