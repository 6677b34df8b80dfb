#include "search_space/op.h"

namespace nas::search_space {
namespace {

// One ReLU - depthwise - pointwise - BN; nothing stands between depthwise and pointwise.
int append_layer(GraphBuilder& graph, const std::string& number, int x, int64_t kernel,
                 int64_t dilation, int64_t stride, int64_t filters) {
  const int64_t channels = graph.shape(x).channels;
  x = graph.conv2d("depthwise" + number, graph.relu(x),
                   {.channels = channels,
                    .kernel_h = kernel,
                    .kernel_w = kernel,
                    .stride_h = stride,
                    .stride_w = stride,
                    .dilation = dilation,
                    .groups = channels});
  x = graph.conv2d("pointwise" + number, x, {.channels = filters});
  return graph.batch_norm("bn" + number, x);
}

// Applied twice, the stride in the first (NASNet, DARTS).
Op separable(const std::string& name, int64_t kernel) {
  const std::string summary = "Separable convolution, applied twice (NASNet, DARTS)";
  return {.name = name,
          .summary = summary,
          .append = [=](GraphBuilder& graph, int x, const OpSite& site) {
            x = append_layer(graph, "1", x, kernel, 1, site.stride, site.filters);
            return append_layer(graph, "2", x, kernel, 1, 1, site.filters);
          }};
}

Op dilated(const std::string& name, int64_t kernel) {
  const std::string summary = "Separable convolution with dilation 2, applied once (DARTS)";
  return {.name = name,
          .summary = summary,
          .append = [=](GraphBuilder& graph, int x, const OpSite& site) {
            return append_layer(graph, "1", x, kernel, 2, site.stride, site.filters);
          }};
}

const common::Register<Op> kSep3{separable("sep_conv_3x3", 3)};
const common::Register<Op> kSep5{separable("sep_conv_5x5", 5)};
const common::Register<Op> kSep7{separable("sep_conv_7x7", 7)};
const common::Register<Op> kDil3{dilated("dil_conv_3x3", 3)};
const common::Register<Op> kDil5{dilated("dil_conv_5x5", 5)};

}  // namespace
}  // namespace nas::search_space
