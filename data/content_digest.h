// What a dataset's images and labels are, whatever its name and wherever it came from.
#pragma once

#include <string>

#include "data/dataset.h"

namespace nas::data {

// SHA-256, in hexadecimal, over the shapes, images and labels of the three splits.
std::string content_digest(const Dataset& dataset);

}  // namespace nas::data
