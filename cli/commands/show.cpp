// nas show: an architecture, drawn and counted.
#include <fmt/format.h>

#include <utility>

#include "child_trainer/plan.h"
#include "cli/command.h"
#include "common/text.h"
#include "export/drawing.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  common::Options options(search_space::NetworkOptions().options());
  options.declare({
      {.name = "input-size",
       .value = 32,
       .help = "Side of the image",
       .unit = "pixels",
       .min = 8,
       .max = 10000},
      {.name = "classes", .value = 10, .help = "Number of classes", .min = 1, .max = 1000000},
      {.name = "aux", .value = true, .help = "Count the auxiliary head, where the family has one"},
      {.name = "format",
       .value = "text",
       .help = "Output",
       .choices = {"text", "json", "dot", "svg"}},
      {.name = "plan",
       .value = false,
       .help = "Print the steps in which it is trained on a CPU: what is fused, and what LibTorch "
               "runs"},
      {.name = "recompute",
       .value = false,
       .help = "With --plan: the segments of nas transfer --recompute, and what they compute anew"},
  });
  return options.all();
}

void print_cell(const std::string& name, const search_space::Cell& cell) {
  fmt::print("{} cell\n", name);
  for (size_t n = 0; n < cell.nodes.size(); ++n) {
    std::vector<std::string> edges;
    for (const auto& edge : cell.nodes[n].edges)
      edges.push_back(fmt::format("{}({})", edge.op, edge.state));
    fmt::print("  state {} = {}\n", static_cast<size_t>(cell.inputs) + n,
               common::join(edges, cell.nodes[n].combine == "add" ? " + " : " | "));
  }
  std::vector<std::string> states;
  for (const int state : cell.concat) states.push_back(std::to_string(state));
  fmt::print("  output = concat of {}\n", common::join(states, " "));
}

void print_layer(size_t number, const search_space::Layer& layer) {
  std::vector<std::string> inputs;
  for (const int input : layer.inputs) inputs.push_back("layer " + std::to_string(input));
  fmt::print("layer {} = {}x{} convolution, {} filters{}, of {}\n", number, layer.kernel_h,
             layer.kernel_w, layer.filters,
             layer.stride > 1 ? fmt::format(", stride {}", layer.stride) : "",
             inputs.empty() ? "the image" : common::join(inputs, " | "));
}

// Without the head where the family has none, or where the image is too small for it.
search_space::NetworkGraph with_auxiliary_head(const search_space::Architecture& architecture,
                                               search_space::NetworkOptions network) {
  network.auxiliary = true;
  try {
    return search_space::build_network(architecture, network);
  } catch (const common::ConfigError&) {
    network.auxiliary = false;
    return search_space::build_network(architecture, network);
  }
}

int run(Arguments& arguments) {
  const auto architecture = search_space::find_architecture(arguments.positionals[0]);
  auto network = search_space::NetworkOptions::from(arguments.options);
  network.classes = arguments.options.integer("classes");
  const std::string format = arguments.options.text("format");
  if (arguments.options.flag("recompute") && !arguments.options.flag("plan")) {
    throw common::UsageError({.where = "--recompute",
                              .what = "it changes what --plan prints, and nothing else here",
                              .hint = "--plan --recompute"});
  }
  if (arguments.options.flag("plan") && format != "text") {
    throw common::UsageError({.where = "--plan",
                              .what = "a plan is printed as text",
                              .got = "--format " + format,
                              .expected = "one of the two"});
  }
  if (format == "dot" || format == "svg") {
    const std::string dot = exporting::architecture_dot(architecture);
    fmt::print("{}", format == "dot" ? dot : exporting::dot_to_svg(dot));
    return common::kExitDone;
  }
  auto whole = arguments.options.flag("aux") ? with_auxiliary_head(architecture, network)
                                             : search_space::build_network(architecture, network);
  const int64_t auxiliary = search_space::cost_of(whole).auxiliary_parameters;
  const auto graph = search_space::inference_graph(std::move(whole));
  const auto cost = search_space::cost_of(graph);
  if (arguments.options.flag("plan")) {
    fmt::print("{}", child_trainer::plan_text(
                         graph, child_trainer::fuse(graph, arguments.options.flag("recompute"))));
    return common::kExitDone;
  }
  if (format == "json") {
    common::Json shapes = common::Json::object();
    for (const auto& [name, node] : graph.end_points) {
      const auto& shape = graph.nodes[static_cast<size_t>(node)].shape;
      shapes[name] = {shape.height, shape.width, shape.channels};
    }
    const common::Json json = {{"architecture", search_space::to_json(architecture)},
                               {"parameters", cost.parameters},
                               {"auxiliary_parameters", auxiliary},
                               {"multiply_adds", cost.multiply_adds},
                               {"activation_bytes", cost.activation_bytes},
                               {"output_shapes", shapes}};
    fmt::print("{}\n", json.dump(2));
    return common::kExitDone;
  }
  for (const auto& [name, cell] : architecture.cells) print_cell(name, cell);
  for (size_t i = 0; i < architecture.layers.size(); ++i) print_layer(i, architecture.layers[i]);
  fmt::print("\nparameters            {}\n", common::with_commas(cost.parameters));
  fmt::print("auxiliary parameters  {}\n", common::with_commas(auxiliary));
  fmt::print("multiply-adds         {}\n",
             common::with_unit(static_cast<double>(cost.multiply_adds)));
  fmt::print("activations           {} an image in training\n\n",
             common::bytes_text(static_cast<double>(cost.activation_bytes)));
  for (const auto& [name, node] : graph.end_points) {
    const auto& shape = graph.nodes[static_cast<size_t>(node)].shape;
    fmt::print("{:<12} {}x{}x{}\n", name, shape.height, shape.width, shape.channels);
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "show",
     .summary = "Draw an architecture and count its parameters and multiply-adds",
     .usage = "ARCH|FILE [options]",
     .options = options,
     .run = run,
     .min_positionals = 1,
     .max_positionals = 1}};

}  // namespace
}  // namespace nas::cli
