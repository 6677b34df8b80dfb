#include "search_space/op.h"

namespace nas::search_space {
namespace {

// tf-slim: a 1x1 convolution and BN follow where the width must change.
Op pool(const std::string& name, const std::string& summary, bool max, int64_t kernel) {
  return {.name = name,
          .summary = summary,
          .append = [=](GraphBuilder& graph, int x, const OpSite& site) {
            const PoolSpec spec{.kernel = kernel, .stride = site.stride};
            x = max ? graph.max_pool(x, spec) : graph.avg_pool(x, spec);
            if (graph.shape(x).channels == site.filters) return x;
            x = graph.conv2d("conv", x, {.channels = site.filters});
            return graph.batch_norm("conv_bn", x);
          }};
}

const common::Register<Op> kAvg3{
    pool("avg_pool_3x3", "3x3 average pooling, padding not counted", false, 3)};
const common::Register<Op> kMax3{pool("max_pool_3x3", "3x3 max pooling", true, 3)};
const common::Register<Op> kMax5{pool("max_pool_5x5", "5x5 max pooling", true, 5)};
const common::Register<Op> kMax7{pool("max_pool_7x7", "7x7 max pooling", true, 7)};

}  // namespace
}  // namespace nas::search_space
