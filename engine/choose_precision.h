// --precision auto.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/options.h"
#include "data/dataset.h"
#include "search_space/architecture.h"

namespace nas::engine {

// Where `options` has precision auto: times two training steps in fp32 and in bf16, sets the option
// to the faster, and says so, since it changes the result. Steps are those of one of `ranks`.
// dataset: as transfer_dataset() made it.
void choose_precision(common::Options& options, const search_space::Architecture& architecture,
                      const data::Dataset& dataset, at::Device device, int64_t ranks);

}  // namespace nas::engine
