// Appends primitives to a network graph: infers shapes, names parameters by the open scopes.
//
//   GraphBuilder graph({3, 32, 32});
//   const auto scope = graph.scope("stem");
//   int x = graph.conv2d("conv", graph.image(), {.channels = 96, .kernel_h = 3, .kernel_w = 3});
//   x = graph.batch_norm("bn", x);                     // parameters "stem.conv.weight",
//   "stem.bn.weight", …
#pragma once

#include <map>
#include <string>
#include <vector>

#include "search_space/network_graph.h"

namespace nas::search_space {

struct ConvSpec {
  int64_t channels = 0;  // of the output
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation = 1;
  int64_t groups = 1;
  bool same_padding = true;  // output size = ceil(size / stride); false: no padding
  bool bias = false;
};

struct PoolSpec {
  int64_t kernel = 1;
  int64_t stride = 1;
  bool same_padding = true;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(const Shape& image);

  // Names of nodes begin with the open scopes while the returned object lives. shared: what
  // Node::shared has in place of the name; empty: the same.
  class Scope {
   public:
    Scope(GraphBuilder& graph, const std::string& name, const std::string& shared);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    GraphBuilder& graph_;
    size_t length_;
    size_t shared_length_;
  };
  [[nodiscard]] Scope scope(const std::string& name, const std::string& shared = "") {
    return Scope(*this, name, shared);
  }

  int image() const { return 0; }
  const Shape& shape(int node) const { return graph_.nodes.at(static_cast<size_t>(node)).shape; }

  // All return the index of the new node. Throw ConfigError where nothing would be left of the
  // image or of its channels, InternalError where shapes do not fit each other.
  int conv2d(const std::string& name, int x, const ConvSpec& spec);
  int batch_norm(const std::string& name, int x);
  int relu(int x);  // the relu of one node is computed once, whoever asks
  int max_pool(int x, const PoolSpec& spec);
  int avg_pool(int x, const PoolSpec& spec);
  int add(const std::vector<int>& inputs);     // one input: itself
  int concat(const std::vector<int>& inputs);  // one input: itself
  int pad(int x, int64_t top, int64_t left, int64_t bottom, int64_t right);
  int slice(int x, int64_t top, int64_t left);
  int zeros(int x, const Shape& shape);  // x gives the batch
  int global_avg_pool(int x);
  int linear(const std::string& name, int x, int64_t features);
  int dropout(int x, double rate);
  int drop_path(int x, double depth_ratio);
  int sigmoid(int x);
  int mul(int a, int b);
  int weighted_sum(const std::string& name, const std::vector<int>& inputs);
  int take_channels(int x, int64_t first, int64_t count);
  int shuffle_channels(int x, int64_t groups);

  // relu - conv - batch_norm, the field's usual order.
  int relu_conv_bn(const std::string& name, int x, const ConvSpec& spec);
  // Halves height and width (rounded up) by two 1x1 convolutions of stride 2 on shifted grids,
  // concatenated and normalised; without the first relu where `relu` is false.
  int factorized_reduction(const std::string& name, int x, int64_t channels, bool relu);

  void end_point(const std::string& name, int node);
  // Nodes appended while this is set belong to the auxiliary head.
  void set_auxiliary(bool auxiliary) { auxiliary_ = auxiliary; }
  // Settings of the batch norms appended from here on.
  void set_batch_norm(double epsilon, double momentum);
  void set_affine(bool affine) { affine_ = affine; }  // whether they have weight and bias
  // The channels of a value that depends on the architecture: see Node::parts.
  void set_parts(int node, std::vector<Part> parts);

  // The whole graph, without nodes that no logits depend on. Ends the building: nothing is left in
  // the builder.
  NetworkGraph finish(int logits, std::optional<int> auxiliary_logits, int64_t classes);

 private:
  Node make(Primitive kind, const std::string& name, std::vector<int> inputs) const;
  int append(Node node);
  std::string numbered(const std::string& name);
  int pool(Primitive kind, int x, const PoolSpec& spec);

  NetworkGraph graph_;
  std::string prefix_;
  std::string shared_prefix_;
  std::map<int, int> relu_of_;
  std::map<std::string, int> numbers_;
  bool auxiliary_ = false;
  bool affine_ = true;
  double epsilon_ = 1e-5;
  double momentum_ = 0.1;
};

}  // namespace nas::search_space
