// The networks of Zoph and Le (2017): layers that read the concatenation of any earlier ones.
//
// A layer is a convolution, batch norm and ReLU. One that reads none reads the image; what no layer
// reads is concatenated for the classifier; smaller inputs of a concatenation are padded with
// zeros. `filters` is the width of a layer of 24 filters, the narrowest of the paper: 24 builds
// what is published. There are no stages: `cells` has no meaning here.
#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "search_space/network_family.h"

namespace nas::search_space {
namespace {

constexpr double kNarrowest = 24.0;  // filters

std::string layer_name(size_t layer) { return "layer" + std::to_string(layer); }

// Of the layers `from`; zeros below and to the right of what is smaller than the largest. Whatever
// reads it has weights for each of them.
int append_concat(GraphBuilder& graph, const std::vector<int>& outputs,
                  const std::vector<int>& from) {
  std::vector<int> inputs;
  std::vector<Part> parts;
  for (const int layer : from) {
    const auto index = static_cast<size_t>(layer);
    inputs.push_back(outputs.at(index));
    parts.push_back({layer_name(index), graph.shape(inputs.back()).channels});
  }
  int64_t height = 0;
  int64_t width = 0;
  for (const int input : inputs) {
    height = std::max(height, graph.shape(input).height);
    width = std::max(width, graph.shape(input).width);
  }
  for (int& input : inputs) {
    const Shape shape = graph.shape(input);
    if (shape.height < height || shape.width < width)
      input = graph.pad(input, 0, 0, height - shape.height, width - shape.width);
  }
  const int x = graph.concat(inputs);
  graph.set_parts(x, std::move(parts));
  return x;
}

int append_layer(GraphBuilder& graph, int x, const ConvSpec& spec) {
  return graph.relu(graph.batch_norm("bn", graph.conv2d("conv", x, spec)));
}

// Published networks begin with the image itself; larger images are halved first, once or twice.
int append_stem(GraphBuilder& graph, const NetworkOptions& options) {
  const std::string stem = stem_for(options);
  int x = graph.image();
  const int halvings = stem == "cifar" ? 0 : stem == "strided" ? 1 : 2;
  for (int i = 0; i < halvings; ++i) {
    const auto scope = graph.scope("stem" + std::to_string(i));
    x = append_layer(
        graph, x,
        {.channels = options.filters, .kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2});
  }
  return x;
}

NetworkGraph build(const Architecture& architecture, const NetworkOptions& options) {
  if (options.auxiliary)
    throw common::ConfigError({.where = "--aux", .what = "family nasrl has no auxiliary head"});
  if (architecture.layers.empty())
    throw common::DataError({.where = "architecture", .what = "family nasrl needs layers"});
  GraphBuilder graph({3, options.input_size, options.input_size});
  const int image = append_stem(graph, options);
  graph.end_point("stem", image);
  const double scale = static_cast<double>(options.filters) / kNarrowest;
  std::vector<int> outputs;
  std::vector<bool> is_read(architecture.layers.size(), false);
  for (const Layer& layer : architecture.layers) {
    const std::string name = layer_name(outputs.size());
    const auto scope = graph.scope(name);
    for (const int input : layer.inputs) is_read.at(static_cast<size_t>(input)) = true;
    const int64_t filters = std::llround(static_cast<double>(layer.filters) * scale);
    const int x = layer.inputs.empty() ? image : append_concat(graph, outputs, layer.inputs);
    outputs.push_back(append_layer(graph, x,
                                   {.channels = std::max<int64_t>(1, filters),
                                    .kernel_h = layer.kernel_h,
                                    .kernel_w = layer.kernel_w,
                                    .stride_h = layer.stride,
                                    .stride_w = layer.stride}));
    graph.end_point(name, outputs.back());
  }
  std::vector<int> ends;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!is_read[i]) ends.push_back(static_cast<int>(i));
  }
  const int x = append_concat(graph, outputs, ends);
  const int logits = append_classifier(graph, x, options, false);
  return graph.finish(logits, std::nullopt, options.classes);
}

const common::Register<NetworkFamily> kRegister{
    {.name = "nasrl",
     .summary = "Layers that read any earlier ones, --filters for a layer of 24 (Zoph and Le 2017)",
     .build = build,
     .ignores = {"cells", "stem-multiplier", "skip-reduction-input", "drop-path"}}};

}  // namespace
}  // namespace nas::search_space
