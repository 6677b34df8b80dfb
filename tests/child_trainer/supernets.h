// Small supernets for tests.
#pragma once

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>

#include "child_trainer/supernet/mixture_supernet.h"
#include "child_trainer/supernet/path_supernet.h"
#include "search_space/space.h"
#include "tests/child_trainer/tensors.h"
#include "tests/child_trainer/trainings.h"

namespace nas::child_trainer {

inline std::unique_ptr<search_space::Space> space_named(const std::string& name) {
  return common::Registry<search_space::SpacePlugin>::find(name).make();
}

inline search_space::Architecture random_architecture(const search_space::Space& space,
                                                      uint64_t seed) {
  common::RandomStream random({.seed = seed, .purpose = "supernet test"});
  return space.architecture(space.sample(random));
}

inline TrainSettings supernet_settings(const std::string& kernels = "auto") {
  return {.epochs = 2, .batch_size = 16, .learning_rate = 0.05, .kernels = kernels};
}

inline SupernetJob supernet_job(const std::filesystem::path& folder) {
  return {.network = {.input_size = kSide, .cells = 1, .filters = 4},
          .settings = supernet_settings(),
          .seed = 3,
          .folder = folder,
          .calibration_images = 32};
}

// On random paths.
inline std::unique_ptr<Supernet> path_supernet(const std::filesystem::path& folder,
                                               const std::string& space = "nasbench201") {
  set_threads(1);
  auto made = std::make_unique<PathSupernet>(
      training_set(), kCpu, supernet_job(folder),
      [owned = std::shared_ptr(space_named(space))](int64_t epoch, int64_t step, int64_t) {
        return random_architecture(*owned, static_cast<uint64_t>(100 * epoch + step));
      });
  made->restore();
  return made;
}

inline std::unique_ptr<MixtureSupernet> mixture_supernet(const std::filesystem::path& folder,
                                                         const MixtureSettings& settings = {}) {
  set_threads(1);
  auto made =
      std::make_unique<MixtureSupernet>(training_set(), kCpu, supernet_job(folder),
                                        space_named("nasbench201")->mixture().value(), settings);
  made->restore();
  return made;
}

// The same tensors, to the bit.
inline void check_same_checkpoint(const std::filesystem::path& one,
                                  const std::filesystem::path& other) {
  const auto file = [](const std::filesystem::path& folder) {
    return common::read_safetensors(folder / "checkpoint.safetensors");
  };
  const auto ones = file(one).tensors;
  const auto others = file(other).tensors;
  for (const auto& [name, tensor] : ones) {
    CAPTURE(name);
    REQUIRE(others.count(name) == 1);
    const bool same = others.at(name).bytes == tensor.bytes;
    CHECK(same);
  }
  CHECK(ones.size() == others.size());
}

inline at::Tensor test_images(int64_t count = 5) {
  at::Tensor images = at::empty({count, 3, kSide, kSide});
  common::RandomStream random({.seed = 7, .purpose = "images"});
  auto* data = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return images.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace nas::child_trainer
