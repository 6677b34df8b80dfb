#include "search_space/op.h"

namespace nas::search_space {
namespace {

// tf-slim: a strided 1x1 where the size or the width must change.
int append(GraphBuilder& graph, int x, const OpSite& site) {
  if (site.stride == 1 && graph.shape(x).channels == site.filters) return x;
  return graph.relu_conv_bn(
      "conv", x, {.channels = site.filters, .stride_h = site.stride, .stride_w = site.stride});
}

const common::Register<Op> kRegister{
    {.name = "identity",
     .summary = "The input itself; ReLU-1x1-BN where size or width change",
     .append = append,
     .droppable = false}};

}  // namespace
}  // namespace nas::search_space
