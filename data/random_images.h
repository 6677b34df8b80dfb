// Images of random pixels: for timings, where what they show does not matter.
#pragma once

#include "data/dataset.h"

namespace nas::data {

// `count` training images, side x side, of `classes` classes in turn; nothing in the other splits.
// The same seed gives the same images.
Dataset random_images(int64_t count, int64_t side, int64_t classes, uint64_t seed);

}  // namespace nas::data
