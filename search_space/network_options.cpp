#include "search_space/network_options.h"

namespace nas::search_space {

common::OptionList NetworkOptions::options() const {
  return {
      {.name = "cells",
       .value = cells,
       .help = "Normal cells a stage; there are three stages",
       .min = 1,
       .max = 1000},
      {.name = "filters",
       .value = filters,
       .help = "Filters of the first stage",
       .min = 2,
       .max = 100000,
       .multiple_of = 2},
      {.name = "stem",
       .value = stem,
       .help = "First layers; auto: by the input size",
       .choices = {"auto", "cifar", "strided", "imagenet"}},
      {.name = "stem-multiplier",
       .value = stem_multiplier,
       .help = "Width of the stem over the filters (over 32 for the ImageNet stem)",
       .min = 0.1,
       .max = 100},
      {.name = "skip-reduction-input",
       .value = skip_reduction_input,
       .help = "A reduction's output is not the next cell's previous input (NASNet large)"},
  };
}

NetworkOptions NetworkOptions::from(const common::Options& options) {
  return {.input_size = options.integer("input-size"),
          .cells = options.integer("cells"),
          .filters = options.integer("filters"),
          .stem = options.text("stem"),
          .stem_multiplier = options.number("stem-multiplier"),
          .skip_reduction_input = options.flag("skip-reduction-input")};
}

}  // namespace nas::search_space
