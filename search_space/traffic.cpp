#include "search_space/traffic.h"

#include <array>

namespace nas::search_space {

namespace {

// How often a primitive reads or writes a tensor of the size of its inputs, and of its output.
struct Moves {
  double inference_inputs, inference_output;
  double training_inputs, training_output;
};

constexpr Moves kPassed{1, 1, 1, 1};   // backward hands the gradient on as it is
constexpr Moves kCopied{1, 1, 2, 2};   // backward reads the output's gradient, writes the inputs'
constexpr Moves kOutput{1, 1, 2, 3};   // … and reads the output again
constexpr Moves kFactors{1, 1, 3, 2};  // … and reads the inputs again
constexpr Moves kWeights{1, 1, 3, 3};  // two passes back: for the input and for the weights
// Statistics and application are a pass each over the input, forward and backward.
constexpr Moves kNorm{1, 1, 5, 3};
constexpr Moves kIndices{1, 1, 2, 6};  // of the maxima: 64 bits each, written and read again
constexpr Moves kTrainedOnly{0, 0, 2, 2};

// In the order of Primitive.
constexpr std::array<Moves, 20> kMoves = {{
    {0, 0, 0, 0},  // input
    kWeights,      // conv2d
    kNorm,         // batch_norm
    kOutput,       // relu
    kIndices,      // max_pool
    kCopied,       // avg_pool
    kPassed,       // add
    kCopied,       // concat
    kCopied,       // pad
    {0, 0, 0, 0},  // slice: a view
    {0, 1, 0, 1},  // zeros
    kCopied,       // global_avg_pool
    kWeights,      // linear
    kTrainedOnly,  // dropout
    kTrainedOnly,  // drop_path
    kOutput,       // sigmoid
    kFactors,      // mul
    kFactors,      // weighted_sum
    {0, 0, 0, 0},  // channels: a view
    kCopied,       // shuffle
}};

}  // namespace

Traffic traffic_of(const NetworkGraph& graph) {
  constexpr double kFloat = 4.0;
  Traffic traffic;
  std::vector<int> readers(graph.nodes.size(), 0);
  for (const Node& node : graph.nodes) {
    double inputs = 0;
    for (const int input : node.inputs) {
      inputs += static_cast<double>(graph.nodes[static_cast<size_t>(input)].shape.count());
      ++readers[static_cast<size_t>(input)];
    }
    const auto output = static_cast<double>(node.shape.count());
    const Moves& moves = kMoves[static_cast<size_t>(node.kind)];
    if (!node.auxiliary) {
      traffic.inference_bytes +=
          kFloat * (moves.inference_inputs * inputs + moves.inference_output * output);
    }
    traffic.training_bytes +=
        kFloat * (moves.training_inputs * inputs + moves.training_output * output);
  }
  // The gradients of a value that several nodes read are added: two are read, one is written.
  for (size_t i = 1; i < graph.nodes.size(); ++i) {
    if (readers[i] > 1) {
      traffic.training_bytes +=
          kFloat * 3.0 * (readers[i] - 1) * static_cast<double>(graph.nodes[i].shape.count());
    }
  }
  return traffic;
}

}  // namespace nas::search_space
