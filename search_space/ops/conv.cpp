#include "search_space/op.h"

namespace nas::search_space {
namespace {

Op conv(const std::string& name, const std::string& summary, int64_t kernel, int64_t dilation) {
  return {.name = name,
          .summary = summary,
          .append = [=](GraphBuilder& graph, int x, const OpSite& site) {
            return graph.relu_conv_bn("conv", x,
                                      {.channels = site.filters,
                                       .kernel_h = kernel,
                                       .kernel_w = kernel,
                                       .stride_h = site.stride,
                                       .stride_w = site.stride,
                                       .dilation = dilation});
          }};
}

const common::Register<Op> kConv1{conv("conv_1x1", "ReLU, 1x1 convolution, BN (NASNet)", 1, 1)};
const common::Register<Op> kConv3{conv("conv_3x3", "ReLU, 3x3 convolution, BN (NASNet)", 3, 1)};
const common::Register<Op> kDilated3{
    conv("dilated_conv_3x3", "ReLU, 3x3 convolution with dilation 2, BN (NASNet)", 3, 2)};
const common::Register<Op> kNorConv1{
    conv("nor_conv_1x1", "ReLU, 1x1 convolution, BN (NAS-Bench-201)", 1, 1)};
const common::Register<Op> kNorConv3{
    conv("nor_conv_3x3", "ReLU, 3x3 convolution, BN (NAS-Bench-201)", 3, 1)};

}  // namespace
}  // namespace nas::search_space
