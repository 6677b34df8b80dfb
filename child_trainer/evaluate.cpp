#include "child_trainer/evaluate.h"

#include <ATen/ATen.h>

#include <cstring>

namespace nas::child_trainer {

std::vector<float> scores_of(Network& network, const DeviceSplit& split, int64_t batch_size) {
  const c10::InferenceMode inference;
  const int64_t classes = network.graph().classes;
  std::vector<float> scores(static_cast<size_t>(split.count() * classes));
  for (int64_t begin = 0; begin < split.count(); begin += batch_size) {
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
  return scores;
}

}  // namespace nas::child_trainer
