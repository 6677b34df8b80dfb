// The spaces of Zoph and Le (2017): whole networks of convolutions that read any earlier ones.
//
//   nasrl          height, width and number of filters of 15 layers, stride 1: their v1
//   nasrl-strides  of 20 layers, and strides: their v2
//
// Behind a layer's own decisions comes its anchor point: for each earlier layer, whether it is an
// input. A space has a fixed number of layers, those of the networks that the paper reports; its
// searches grew them.
#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "common/text.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

const std::vector<int64_t> kKernels = {1, 3, 5, 7};
const std::vector<int64_t> kFilters = {24, 36, 48, 64};
const std::vector<int64_t> kStrides = {1, 2, 3};

std::vector<std::string> texts_of(const std::vector<int64_t>& values) {
  std::vector<std::string> texts;
  for (const int64_t value : values) texts.push_back(std::to_string(value));
  return texts;
}

class NasrlSpace : public Space {
 public:
  NasrlSpace(std::string name, int layers, bool strides)
      : name_(std::move(name)), layers_(layers), strides_(strides) {
    std::vector<int> points;  // by layer: the decision whose state stands for it
    for (int i = 0; i < layers_; ++i) {
      const std::string layer = "layer" + std::to_string(i) + ".";
      add({.name = layer + "height", .values = texts_of(kKernels), .kind = "height"});
      add({.name = layer + "width", .values = texts_of(kKernels), .kind = "width"});
      add({.name = layer + "filters", .values = texts_of(kFilters), .kind = "filters"});
      if (strides_) add({.name = layer + "stride", .values = texts_of(kStrides), .kind = "stride"});
      const auto anchor = static_cast<int>(decisions_.size());
      for (int j = 0; j < i; ++j) {
        add({.name = layer + "from" + std::to_string(j),
             .values = {"no", "yes"},
             .kind = "skip",
             .attends_to = points[static_cast<size_t>(j)]});
      }
      points.push_back(i == 0 ? anchor - 1 : anchor);
    }
  }

  Architecture architecture(const Choices& choices) const override {
    if (!valid(choices)) {
      throw common::InternalError({.where = "space " + name_, .what = "invalid choices"});
    }
    Architecture architecture{.family = "nasrl", .cells = {}};
    size_t at = 0;
    const auto next = [&](const std::vector<int64_t>& values) {
      return values[static_cast<size_t>(choices[at++])];
    };
    for (int i = 0; i < layers_; ++i) {
      Layer layer{
          .kernel_h = next(kKernels), .kernel_w = next(kKernels), .filters = next(kFilters)};
      if (strides_) layer.stride = next(kStrides);
      for (int j = 0; j < i; ++j) {
        if (choices[at++] == 1) layer.inputs.push_back(j);
      }
      architecture.layers.push_back(std::move(layer));
    }
    return architecture;
  }

  Choices choices(const Architecture& architecture) const override {
    const auto foreign = [&](const std::string& what) {
      return common::DataError(
          {.where = "space " + name_,
           .what = "the architecture is not in this space: " + what,
           .expected = "family nasrl, " + std::to_string(layers_) + " layers"});
    };
    if (architecture.family != "nasrl") throw foreign("it is of family " + architecture.family);
    if (architecture.layers.size() != static_cast<size_t>(layers_))
      throw foreign("it has " + std::to_string(architecture.layers.size()) + " layers");
    Choices choices;
    for (int i = 0; i < layers_; ++i) {
      const Layer& layer = architecture.layers[static_cast<size_t>(i)];
      const auto add = [&](const std::vector<int64_t>& values, int64_t value) {
        const auto found = std::find(values.begin(), values.end(), value);
        if (found == values.end())
          throw foreign(std::to_string(value) + " in layer " + std::to_string(i));
        choices.push_back(static_cast<int>(found - values.begin()));
      };
      add(kKernels, layer.kernel_h);
      add(kKernels, layer.kernel_w);
      add(kFilters, layer.filters);
      if (strides_) {
        add(kStrides, layer.stride);
      } else if (layer.stride != 1) {
        throw foreign("stride " + std::to_string(layer.stride) + " in layer " + std::to_string(i));
      }
      for (int j = 0; j < i; ++j) {
        const auto& inputs = layer.inputs;
        choices.push_back(std::find(inputs.begin(), inputs.end(), j) == inputs.end() ? 0 : 1);
      }
    }
    return choices;
  }

  // Every layer is read, or put out: no two choices have the same channels in the same order.
  // "3x3x36(),5x7x48/2(0+1)": height, width, filters, stride, inputs.
  std::string key(const Choices& choices) const override {
    std::vector<std::string> texts;
    for (const Layer& layer : architecture(choices).layers) {
      const std::vector<int64_t> inputs(layer.inputs.begin(), layer.inputs.end());
      texts.push_back(std::to_string(layer.kernel_h) + "x" + std::to_string(layer.kernel_w) + "x" +
                      std::to_string(layer.filters) +
                      (layer.stride > 1 ? "/" + std::to_string(layer.stride) : "") + "(" +
                      common::join(texts_of(inputs), "+") + ")");
    }
    return common::join(texts, ",");
  }

  // How many layers have each height, width, number of filters and stride; connections, layers that
  // read the image, layers that no other reads; the longest path; log2 of the weights, of all
  // layers and of the largest.
  std::vector<double> features(const Choices& choices) const override {
    const Architecture architecture = this->architecture(choices);
    const auto& layers = architecture.layers;
    std::vector<double> features;
    const auto count = [&](const std::vector<int64_t>& values, int64_t Layer::*member) {
      for (const int64_t value : values) {
        const auto has = [&](const Layer& layer) { return layer.*member == value; };
        features.push_back(static_cast<double>(std::count_if(layers.begin(), layers.end(), has)));
      }
    };
    count(kKernels, &Layer::kernel_h);
    count(kKernels, &Layer::kernel_w);
    count(kFilters, &Layer::filters);
    if (strides_) count(kStrides, &Layer::stride);
    const Figures figures = figures_of(layers);
    features.insert(features.end(),
                    {figures.connections, figures.image_readers, figures.ends, figures.longest,
                     std::log2(figures.weights), std::log2(figures.largest)});
    return features;
  }

 private:
  struct Figures {
    double connections = 0, image_readers = 0, ends = 0, longest = 0, weights = 0, largest = 0;
  };

  static Figures figures_of(const std::vector<Layer>& layers) {
    Figures figures;
    std::vector<double> depth;
    std::vector<bool> is_read(layers.size(), false);
    for (const Layer& layer : layers) {
      double channels = layer.inputs.empty() ? 3 : 0;
      depth.push_back(1);
      for (const int input : layer.inputs) {
        const auto i = static_cast<size_t>(input);
        is_read[i] = true;
        channels += static_cast<double>(layers[i].filters);
        depth.back() = std::max(depth.back(), depth[i] + 1);
      }
      const double weights =
          channels * static_cast<double>(layer.kernel_h * layer.kernel_w * layer.filters);
      figures.connections += static_cast<double>(layer.inputs.size());
      figures.image_readers += layer.inputs.empty() ? 1 : 0;
      figures.longest = std::max(figures.longest, depth.back());
      figures.weights += weights;
      figures.largest = std::max(figures.largest, weights);
    }
    figures.ends = static_cast<double>(std::count(is_read.begin(), is_read.end(), false));
    return figures;
  }

  void add(Decision decision) { decisions_.push_back(std::move(decision)); }

  std::string name_;
  int layers_;
  bool strides_;
};

const common::Register<SpacePlugin> kFixed{
    {.name = "nasrl",
     .summary = "Whole networks: kernel and filters of 15 layers, and all their connections (v1 of "
                "Zoph and Le 2017)",
     .make = []() -> std::unique_ptr<Space> {
       return std::make_unique<NasrlSpace>("nasrl", 15, false);
     }}};
const common::Register<SpacePlugin> kStrided{
    {.name = "nasrl-strides",
     .summary =
         "Whole networks: kernel, filters and stride of 20 layers, and all their connections "
         "(v2 of Zoph and Le 2017)",
     .make = []() -> std::unique_ptr<Space> {
       return std::make_unique<NasrlSpace>("nasrl-strides", 20, true);
     }}};

}  // namespace
}  // namespace nas::search_space
