#include "search_space/op.h"

namespace nas::search_space {
namespace {

// A 1xk then a kx1 convolution, each ReLU-conv-BN; the stride of each direction goes with its
// kernel.
int append_pair(GraphBuilder& graph, int x, int64_t kernel, int64_t filters, int64_t stride) {
  x = graph.relu_conv_bn("conv1", x, {.channels = filters, .kernel_w = kernel, .stride_w = stride});
  return graph.relu_conv_bn("conv2", x,
                            {.channels = filters, .kernel_h = kernel, .stride_h = stride});
}

Op factored(const std::string& name, const std::string& summary, int64_t kernel) {
  return {.name = name,
          .summary = summary,
          .append = [=](GraphBuilder& graph, int x, const OpSite& site) {
            return append_pair(graph, x, kernel, site.filters, site.stride);
          }};
}

// AmoebaNet: the pair between two 1x1 convolutions, at a quarter of the width.
int append_bottleneck(GraphBuilder& graph, int x, const OpSite& site) {
  const int64_t narrow = std::max<int64_t>(1, site.filters / 4);
  x = graph.relu_conv_bn("reduce", x, {.channels = narrow});
  x = append_pair(graph, x, 7, narrow, site.stride);
  return graph.relu_conv_bn("expand", x, {.channels = site.filters});
}

const common::Register<Op> kFactored3{
    factored("conv_1x3_3x1", "1x3 then 3x1 convolution (NASNet)", 3)};
const common::Register<Op> kFactored7{
    factored("conv_1x7_7x1", "1x7 then 7x1 convolution (NASNet)", 7)};
const common::Register<Op> kBottleneck{
    {.name = "bottleneck_1x7_7x1",
     .summary = "1x1 to a quarter of the width, 1x7, 7x1, 1x1 back (AmoebaNet)",
     .append = append_bottleneck}};

}  // namespace
}  // namespace nas::search_space
