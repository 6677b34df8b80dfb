// What a network around the cells of an architecture looks like.
#pragma once

#include <optional>

#include "common/options.h"

namespace nas::search_space {

// Of the supernet of a differentiable search, and of the networks that are parts of it: batch norms
// of cells have no weight and bias, pools a batch norm behind them where DARTS has one.
struct MixtureOptions {
  int64_t partial_channels = 1;  // operations see one in so many channels (Xu et al. 2020); >= 1
};

struct NetworkOptions {
  int64_t input_size = 32;    // pixels, H = W
  int64_t classes = 10;       // >= 1
  int64_t cells = 6;          // normal cells a stage, >= 1; three stages
  int64_t filters = 32;       // of the first stage's cells; doubled at each reduction
  std::string stem = "auto";  // cifar | strided | imagenet; auto: by input_size
  double stem_multiplier =
      3.0;  // stem filters = filters (imagenet: 32, as tf-slim) x this; families nasnet, darts
  bool skip_reduction_input = false;  // tf-slim's skip_reduction_layer_input; family nasnet
  bool auxiliary = false;             // append the auxiliary head
  double dropout = 0.0;               // before the classifier
  std::optional<MixtureOptions> mixture = {};  // families darts, nasbench201

  // The declarations of cells, filters, stem, stem-multiplier and skip-reduction-input, with this
  // object's values as defaults.
  common::OptionList options() const;
  // Those, and `input-size`.
  static NetworkOptions from(const common::Options& options);
};

}  // namespace nas::search_space
