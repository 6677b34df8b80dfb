// A dataset that the smallest network learns in a few steps: coloured waves, one colour and
// direction a class, under noise.
#pragma once

#include <cstdint>

#include "data/dataset.h"

namespace nas::tests {

// `per_class` training images of each class, half as many (rounded up) in valid and in test.
data::Dataset tiny_dataset(int64_t classes, int64_t per_class, int64_t size, uint64_t seed);

// The same images with several labels each: their own, and that of the next class where the image's
// index is even.
data::Dataset with_several_labels(data::Dataset dataset);

}  // namespace nas::tests
