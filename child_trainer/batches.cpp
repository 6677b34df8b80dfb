#include "child_trainer/batches.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>

#include "child_trainer/augmentation.h"
#include "child_trainer/device.h"
#include "child_trainer/parallel_images.h"
#include "common/error.h"

namespace nas::child_trainer {

Normalisation measure_normalisation(const data::Dataset& dataset, const data::Split& split) {
  const auto channels = static_cast<size_t>(dataset.channels);
  std::vector<uint64_t> sum(channels, 0);
  std::vector<uint64_t> squares(channels, 0);
  const uint8_t* end = split.images.end();
  for (const uint8_t* pixel = split.images.begin(); pixel != end; pixel += channels) {
    for (size_t c = 0; c < channels; ++c) {
      const uint64_t value = pixel[c];
      sum[c] += value;
      squares[c] += value * value;
    }
  }
  const double count = std::max(1.0, static_cast<double>(split.images.size() / channels));
  Normalisation result;
  for (size_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = std::max(0.0, static_cast<double>(squares[c]) / count - mean * mean);
    result.mean.push_back(mean / 255.0);
    result.std_dev.push_back(std::max(1.0, std::sqrt(variance)) /
                             255.0);  // flat channels stay finite
  }
  return result;
}

DeviceSplit::DeviceSplit(const data::Dataset& dataset, const data::Split& split,
                         const Normalisation& normalisation, at::Device device) {
  // On the CPU the pixels stay where they are, shared with the split.
  const auto keep = [pixels = split.images](void*) {};
  images_ = at::from_blob(const_cast<uint8_t*>(split.images.data()),
                          {split.count(), dataset.height, dataset.width, dataset.channels}, keep,
                          at::kByte)
                .to(device);
  if (dataset.task == data::Task::kSingleLabel) {
    targets_ = at::empty({split.count()}, at::kLong);
    std::memcpy(targets_.data_ptr(), split.labels.data(), split.labels.size() * sizeof(int64_t));
  } else {
    targets_ = at::empty({split.count(), dataset.class_count()}, at::kByte);
    std::memcpy(targets_.data_ptr(), split.label_matrix.data(), split.label_matrix.size());
    targets_ = targets_.to(at::kFloat);
  }
  targets_ = targets_.to(device);
  scale_ = at::empty({1, 3, 1, 1});
  shift_ = at::empty({1, 3, 1, 1});
  for (size_t c = 0; c < 3; ++c) {
    scale_.data_ptr<float>()[c] = static_cast<float>(1.0 / (255.0 * normalisation.std_dev[c]));
    shift_.data_ptr<float>()[c] = static_cast<float>(255.0 * normalisation.mean[c]);
    for (size_t value = 0; value < normalised_.size(); ++value) {
      normalised_[value][c] =
          (static_cast<float>(value) - shift_.data_ptr<float>()[c]) * scale_.data_ptr<float>()[c];
    }
  }
  scale_ = scale_.to(device);
  shift_ = shift_.to(device);
  if (device.is_cuda()) {
    const c10::impl::VirtualGuardImpl streams(device.type());
    stream_ = streams.getStreamFromGlobalPool(images_.device(), /*isHighPriority=*/true);
  }
}

at::Tensor DeviceSplit::gather_on_cpu(const at::Tensor& indices) const {
  const int64_t bytes = images_.stride(0);
  const at::Tensor images = at::empty({indices.size(0), 3, images_.size(1), images_.size(2)},
                                      at::kFloat, at::MemoryFormat::ChannelsLast);
  const auto* numbers = indices.const_data_ptr<int64_t>();
  const auto is_image = [&](int64_t number) { return number >= 0 && number < count(); };
  if (!std::all_of(numbers, numbers + indices.numel(), is_image))
    throw common::InternalError({.where = "batches", .what = "no such image"});
  const auto* pixels = images_.const_data_ptr<uint8_t>();
  auto* floats = images.mutable_data_ptr<float>();
  parallel_images(indices.size(0), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const uint8_t* from = pixels + numbers[i] * bytes;
      float* to = floats + i * bytes;
      for (int64_t b = 0; b < bytes; b += 3) {
        for (size_t c = 0; c < 3; ++c) to[b + c] = normalised_[from[b + c]][c];
      }
    }
  });
  return images;
}

Batch DeviceSplit::gather(const at::Tensor& indices) const {
  if (images_.is_cpu())
    return {.images = gather_on_cpu(indices), .targets = targets_.index_select(0, indices)};
  const at::Tensor there = upload(indices, images_.device());
  const at::Tensor pixels = images_.index_select(0, there).permute({0, 3, 1, 2}).to(at::kFloat);
  return {.images = (pixels - shift_) * scale_, .targets = targets_.index_select(0, there)};
}

std::pair<int64_t, int64_t> Share::of(int64_t size, int64_t pass) const {
  const int64_t begin = size * pass / passes;
  const int64_t length = size * (pass + 1) / passes - begin;
  return {begin + length * rank / ranks, begin + length * (rank + 1) / ranks};
}

// A batch, and when a GPU will have made it.
struct EpochBatches::Made {
  Batch batch;
  std::optional<c10::Event> ready;
};

struct EpochBatches::Ahead {
  int64_t part = -1;
  std::future<Made> made;
};

EpochBatches::EpochBatches(const DeviceSplit& split, int64_t batch_size,
                           std::vector<std::string> augmentations, const common::RandomKey& key,
                           const Share& share)
    : split_(split),
      batch_size_(std::min(batch_size, split.count())),
      augmentations_(std::move(augmentations)),
      key_(key),
      share_(share),
      count_(count_for(split.count(), batch_size)),
      ahead_(std::make_unique<Ahead>()) {
  key_.purpose = "order";
  order_ = common::RandomStream(key_).permutation(split.count());
}

EpochBatches::~EpochBatches() = default;

int64_t EpochBatches::count_for(int64_t images, int64_t batch_size) {
  return std::max<int64_t>(1, images / std::max<int64_t>(1, batch_size));
}

Batch EpochBatches::make(int64_t part) const {
  const at::NoGradGuard no_grad;
  const auto [begin, end] = share_.of(batch_size_, part % share_.passes);
  const int64_t count = end - begin;
  const at::Tensor indices = at::empty({count}, at::kLong);
  std::memcpy(indices.data_ptr(), order_.data() + part / share_.passes * batch_size_ + begin,
              static_cast<size_t>(count) * sizeof(int64_t));
  Batch batch = split_.gather(indices);
  batch.first = begin;
  batch.share = static_cast<double>(count) / static_cast<double>(batch_size_);
  for (const auto& name : augmentations_) {
    common::RandomKey key = key_;
    key.purpose = name;
    std::vector<common::RandomStream> random;
    random.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
      key.index = static_cast<uint64_t>(indices.data_ptr<int64_t>()[i]);
      random.emplace_back(key);
    }
    batch.images = common::Registry<Augmentation>::find(name).apply(batch.images, random);
  }
  batch.images = batch.images.contiguous(at::MemoryFormat::ChannelsLast);
  return batch;
}

EpochBatches::Made EpochBatches::make_ahead(int64_t part) const {
  at::set_num_threads(1);
  if (!split_.stream()) return {.batch = make(part), .ready = std::nullopt};
  const c10::StreamGuard guard(*split_.stream());
  Made made{.batch = make(part), .ready = c10::Event(split_.device().type())};
  made.ready->record(*split_.stream());
  return made;
}

Batch EpochBatches::take(Made made) const {
  if (made.ready) {
    const auto present =
        c10::impl::VirtualGuardImpl(split_.device().type()).getStream(split_.device());
    made.ready->block(present);
    // Their memory belongs to the other stream, which must not reuse it too early.
    for (const at::Tensor& tensor : {made.batch.images, made.batch.targets})
      tensor.record_stream(present);
  }
  return std::move(made.batch);
}

Batch EpochBatches::get(int64_t index, int64_t pass) {
  if (index < 0 || index >= count_ || pass < 0 || pass >= share_.passes)
    throw common::InternalError({.where = "batches", .what = "index out of range"});
  const int64_t part = index * share_.passes + pass;
  Batch batch = ahead_->part == part ? take(ahead_->made.get()) : make(part);
  ahead_->part = -1;
  // Preparing ahead in another thread pays only where this one has cores of its own or a GPU to
  // feed.
  if (part + 1 < count_ * share_.passes && (at::get_num_threads() > 1 || batch.images.is_cuda())) {
    ahead_->part = part + 1;
    ahead_->made = std::async(std::launch::async, &EpochBatches::make_ahead, this, part + 1);
  }
  return batch;
}

}  // namespace nas::child_trainer
