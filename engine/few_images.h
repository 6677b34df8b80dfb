// Images that measure a network: what can be said when they are few.
#pragma once

#include <string>

#include "data/dataset.h"

namespace nas::engine {

// Of the images in `split` ("held-out", "test"), a sentence on what they cannot tell; empty when
// they are enough: ten a class on average, and none without.
std::string few_images_text(const std::string& split_name, const data::Dataset& dataset,
                            const data::Split& split);

// Shows it as a warning.
void warn_of_few_images(const std::string& split_name, const data::Dataset& dataset,
                        const data::Split& split);

}  // namespace nas::engine
