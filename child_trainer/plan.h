// What the CPU kernels run: the network graph with its batch norms, ReLUs, drop-paths, pools and
// concats taken into the steps that read or write them. One plan trains and evaluates.
//
// A step is a convolution (or a depthwise and a 1x1) with the statistics of the batch norm behind
// it, a sum of values, or one primitive that LibTorch runs. A value is never written where its
// reader can compute it: a batch norm and a ReLU are two numbers a channel and a bound, a pool goes
// straight into the sum, and a concat is a list of what it is made of.
#pragma once

#include <string>
#include <vector>

#include "search_space/network_graph.h"

namespace nas::child_trainer {

// A buffer, and what is done to it while it is read: the batch norm, then the ReLU, then the pool,
// then the drop-path. Numbers are nodes of the graph; -1: nothing.
struct Operand {
  int buffer = -1;
  int batch_norm = -1;
  int64_t batch_norm_offset = 0;  // of its channels, where the buffer's begin
  bool relu = false;
  int pool = -1;
  int drop_path = -1;
  int64_t top = 0, left = 0;  // rows and columns that are passed over, zeros beyond the end

  // Whether it is the buffer as it is.
  bool plain() const;
};

struct Step {
  enum class Kind { kConvolution, kSum, kTorch };
  Kind kind = Kind::kSum;
  std::vector<int> nodes;       // that it computes, in their order; of a copy none
  std::vector<Operand> inputs;  // a convolution reads their concat, a sum adds them
  int buffer = -1;
  int64_t channel = 0;  // of the buffer, where the output begins: other than 0 for copies only
  int64_t channels = 0;
  bool auxiliary = false;   // left out in evaluation
  bool recomputed = false;  // run anew before the backward pass of its segment
  // Of a convolution.
  int depthwise = -1;
  int convolution = -1;
  int batch_norm = -1;            // whose statistics are taken
  int64_t batch_norm_offset = 0;  // of its channels, where these begin
};

struct PlanBuffer {
  search_space::Shape shape;
  bool torch = false;   // LibTorch allocates it
  int batch_norm = -1;  // its gradient is that of this batch norm's output
  // The sum that alone reads it, as it is: its gradient is that of the sum's output, times the
  // drop-path. -1: it has a gradient of its own.
  int gradient_of_step = -1;
  int drop_path = -1;
  bool kept = true;  // from the forward to the backward pass; else computed anew if it is needed
};

// What the backward pass does with a step: it runs it anew, or differentiates it.
struct BackwardTurn {
  int step = -1;
  bool recompute = false;
};

struct Plan {
  std::vector<PlanBuffer> buffers;     // the first is the image
  std::vector<Step> steps;             // in order
  std::vector<BackwardTurn> backward;  // in order
  std::vector<int> segments;           // the steps that they begin with, see segments.h
  int logits = -1;                     // buffers
  int auxiliary_logits = -1;
};

// Whether the gradients of a step depend on the value of this input of it.
bool reads_input_backward(const Step& step, const Operand& input);

// recompute: keep little between the forward and the backward pass, and compute the rest anew.
Plan fuse(const search_space::NetworkGraph& graph, bool recompute = false);

// A line a step: what was fused, what LibTorch runs, and what is computed anew. `nas show --plan`.
std::string plan_text(const search_space::NetworkGraph& graph, const Plan& plan);

}  // namespace nas::child_trainer
