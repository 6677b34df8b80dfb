#include "search_space/op.h"

namespace nas::search_space {
namespace {

// DARTS and NAS-Bench-201: a factorised reduction at stride 2, which drop-path may drop.
int append(GraphBuilder& graph, int x, const OpSite& site) {
  if (site.stride == 2) return graph.factorized_reduction("reduction", x, site.filters, true);
  if (graph.shape(x).channels == site.filters) return x;
  return graph.relu_conv_bn("conv", x, {.channels = site.filters});
}

const common::Register<Op> kRegister{
    {.name = "skip_connect",
     .summary = "The input itself; factorised reduction at stride 2 (DARTS)",
     .append = append}};

}  // namespace
}  // namespace nas::search_space
