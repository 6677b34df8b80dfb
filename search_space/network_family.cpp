#include "search_space/network_family.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"

namespace nas::search_space {

NetworkGraph build_network(const Architecture& architecture, const NetworkOptions& options) {
  if (options.classes < 1 || options.cells < 1 || options.filters < 2 || options.filters % 2 != 0 ||
      options.input_size < 8) {
    throw common::ConfigError(
        {.where = "network",
         .what = "sizes out of range",
         .got = "classes " + std::to_string(options.classes) + ", cells " +
                std::to_string(options.cells) + ", filters " + std::to_string(options.filters) +
                ", input size " + std::to_string(options.input_size),
         .expected = "classes >= 1, cells >= 1, even filters >= 2, input size >= 8"});
  }
  return common::Registry<NetworkFamily>::find(architecture.family).build(architecture, options);
}

bool makes_difference(const std::string& option, const Architecture& architecture) {
  const auto& ignored = common::Registry<NetworkFamily>::find(architecture.family).ignores;
  return std::find(ignored.begin(), ignored.end(), option) == ignored.end();
}

std::string network_size_text(const Architecture& architecture, int64_t cells, int64_t filters) {
  const std::string width = std::to_string(filters) + " filters";
  if (!makes_difference("cells", architecture)) return width;
  return common::counted(cells, "cell") + " a stage, " + width;
}

std::string stem_for(const NetworkOptions& options) {
  if (options.stem != "auto") {
    if (options.stem != "cifar" && options.stem != "strided" && options.stem != "imagenet") {
      throw common::ConfigError({.where = "--stem",
                                 .what = "unknown stem",
                                 .got = "'" + options.stem + "'",
                                 .expected = "auto | cifar | strided | imagenet"});
    }
    return options.stem;
  }
  if (options.input_size <= 40) return "cifar";
  return options.input_size <= 96 ? "strided" : "imagenet";
}

int append_classifier(GraphBuilder& graph, int x, const NetworkOptions& options, bool relu) {
  if (relu) x = graph.relu(x);
  x = graph.dropout(graph.global_avg_pool(x), options.dropout);
  return graph.linear("classifier", x, options.classes);
}

int append_auxiliary_head(GraphBuilder& graph, int x, int64_t classes, int64_t pool_stride) {
  if (graph.shape(x).height < 5) {
    throw common::ConfigError({.where = "auxiliary head",
                               .what = "the feature map under it is too small",
                               .got = std::to_string(graph.shape(x).height) + " px",
                               .expected = "at least 5 px",
                               .hint = "a larger --input-size, or no --aux"});
  }
  graph.set_auxiliary(true);
  const auto scope = graph.scope("auxiliary");
  x = graph.avg_pool(graph.relu(x), {.kernel = 5, .stride = pool_stride, .same_padding = false});
  x = graph.batch_norm("bn1", graph.conv2d("conv1", x, {.channels = 128}));
  const Shape size = graph.shape(x);
  x = graph.conv2d(
      "conv2", graph.relu(x),
      {.channels = 768, .kernel_h = size.height, .kernel_w = size.width, .same_padding = false});
  x = graph.relu(graph.batch_norm("bn2", x));
  x = graph.linear("classifier", x, classes);
  graph.set_auxiliary(false);
  return x;
}

const Cell& cell_of(const Architecture& architecture, const std::string& name, int inputs) {
  const auto found = architecture.cells.find(name);
  if (found == architecture.cells.end()) {
    throw common::DataError(
        {.where = "architecture",
         .what = "family " + architecture.family + " needs a cell '" + name + "'"});
  }
  const Cell& cell = found->second;
  if (cell.inputs != inputs) {
    throw common::DataError(
        {.where = "architecture",
         .what = "its " + name + " cell has not the form of family " + architecture.family,
         .got = std::to_string(cell.inputs) + " inputs",
         .expected = std::to_string(inputs) + " inputs"});
  }
  return cell;
}

std::string edge_place(const CellNode& node, size_t edge) {
  const int state = node.edges[edge].state;
  std::string place = "from" + std::to_string(state);
  for (size_t e = 0; e < edge; ++e) {
    if (node.edges[e].state == state) place += "_again";
  }
  return place;
}

bool is_identity(const std::string& op) { return op == "identity" || op == "skip_connect"; }

}  // namespace nas::search_space
