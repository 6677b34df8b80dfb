// A network as a graph of primitives: plain data that the executor, the counts, ONNX, TorchScript
// and the drawings read. Nodes are in topological order: inputs have smaller indices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nas::search_space {

enum class Primitive {
  kInput,      // the image, normalised: float [N, C, H, W]
  kConv2d,     // weight [out, in / groups, kh, kw], bias [out] where has_bias
  kBatchNorm,  // weight [C], bias [C]; buffers running_mean [C], running_var [C]
  kRelu,
  kMaxPool,        // padding never wins
  kAvgPool,        // padding is not counted
  kAdd,            // two or more inputs of one shape
  kConcat,         // along channels
  kPad,            // zeros: top, left, bottom, right
  kSlice,          // drops the first `top` rows and `left` columns
  kZeros,          // zeros of the shape given by channels, height, width (the operation `none`)
  kGlobalAvgPool,  // mean over H and W: [N, C, 1, 1]
  kLinear,         // flattens its input; weight [out, in], bias [out]
  kDropout,        // rate
  kDropPath,       // drops the branch of a whole sample; divided by the keep probability
  kSigmoid,
  kMul,  // two inputs, elementwise, broadcast over H and W
  // Of supernets, which are trained and never exported:
  kWeightedSum,  // n inputs of one shape; a buffer [n] has their weights, which somebody sets
  kChannels,     // those from `first` on, as many as the output has
  kShuffle,      // channel c of g groups of n goes to place g (c mod n) + c / n
};
std::string primitive_text(Primitive primitive);  // "conv2d", "batch_norm", …

struct Shape {
  int64_t channels = 0;
  int64_t height = 1;
  int64_t width = 1;
  int64_t count() const { return channels * height * width; }
  bool operator==(const Shape&) const = default;
};

struct Attributes {
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation = 1;
  int64_t groups = 1;
  int64_t top = 0, left = 0, bottom = 0, right = 0;  // zero padding (conv, pools, pad) or slice
  double epsilon = 1e-5;                             // batch_norm
  double momentum = 0.1;                             // batch_norm: weight of the new batch
  double rate = 0.0;                                 // dropout: probability of a zero
  int64_t first = 0;                                 // channels: the first that is kept
  double depth_ratio = 1.0;  // drop_path: its rate is the run's rate times this
};

struct TensorSpec {
  std::string name;  // "cell3.block1.left.sep_conv_5x5.conv1.weight"
  std::vector<int64_t> shape;
  int64_t count() const;
};

// Channels that come from one place, e.g. a state of a cell.
struct Part {
  std::string name;
  int64_t channels = 0;
  bool operator==(const Part&) const = default;
};

struct Node {
  Primitive kind = Primitive::kInput;
  std::string name;         // a path: "cell3.block1.left.sep_conv_5x5.conv1"; unique
  std::vector<int> inputs;  // indices into NetworkGraph::nodes
  Attributes attributes;
  std::vector<TensorSpec> parameters;  // trained; in the order named at the primitive
  std::vector<TensorSpec> buffers;
  Shape shape;             // of its output, one image
  bool auxiliary = false;  // belongs to the auxiliary head: trained, not counted, not exported
  // For shared weights (search_space/shared_parameters.h): what its parameters are known by, where
  // that is more than `name`; and of a value whose channels are the architecture's choice, what
  // they are made of, in their order.
  std::string shared = {};
  std::vector<Part> parts = {};
};

struct NetworkGraph {
  std::vector<Node> nodes;  // nodes[0] is the input
  int logits = -1;          // the node whose output is [N, classes]
  std::optional<int> auxiliary_logits;
  std::vector<std::pair<std::string, int>> end_points;  // name ("stem", "cell0", …) -> node
  int64_t classes = 0;
};

// The graph without nodes that neither the logits nor the auxiliary ones depend on.
NetworkGraph live_graph(NetworkGraph graph);

// The graph without its auxiliary head and without nodes that the logits do not depend on.
NetworkGraph inference_graph(NetworkGraph graph);

}  // namespace nas::search_space
