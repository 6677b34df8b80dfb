// Adam (Kingma and Ba 2015) over named parameters. Its state is kept by parameter name, so that it
// is saved and restored bit for bit.
//
//   loss.backward();
//   adam.step();  // learns from the gradients and clears them
#pragma once

#include "controller/state_text.h"

namespace nas::controller {

struct AdamOptions {
  double learning_rate = 1e-3;  // > 0
  double beta1 = 0.9;           // [0, 1): decay of the gradient's mean
  double beta2 = 0.999;         // [0, 1): decay of its square's mean
  double epsilon = 1e-8;        // > 0
};

class Adam {
 public:
  Adam(const NamedTensors& parameters, const AdamOptions& options);

  // p -= learning_rate * m' / (sqrt(v') + epsilon), with m' and v' the means of the gradient and of
  // its square, corrected for their start at zero. Parameters without a gradient stay as they are.
  void step();

  common::Json save() const;
  void load(const common::Json& json);

 private:
  AdamOptions options_;
  NamedTensors parameters_;
  NamedTensors means_;
  NamedTensors squares_;
  int64_t steps_ = 0;
};

}  // namespace nas::controller
