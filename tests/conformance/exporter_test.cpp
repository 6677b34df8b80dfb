// Every registered exporter: its files run, and give the scores of the network that it was given.
#include <catch2/catch_test_macros.hpp>

#include "common/error.h"
#include "common/file.h"
#include "common/random.h"
#include "export/exporter.h"
#include "export/parity.h"
#include "search_space/graph_builder.h"
#include "tests/support/reference_scores.h"
#include "tests/support/spaces.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using common::Registry;
using exporting::Exporter;
using exporting::ExportModel;

constexpr int64_t kImages = 3;
constexpr double kExportTolerance = 1e-4;

// Pixels, as whole numbers of 0..255.
std::vector<float> random_images(const ExportModel& model) {
  common::RandomStream random({.seed = 7, .purpose = "exporter_test"});
  std::vector<float> images(static_cast<size_t>(kImages * model.graph.nodes.at(0).shape.count()));
  for (float& value : images) value = static_cast<float>(random.integer(256));
  return images;
}

void check_exporter(const Exporter& exporter, const ExportModel& model) {
  const TempDir folder;
  const auto files = exporter.run(model, folder.path() / "new");
  REQUIRE_FALSE(files.empty());
  for (const auto& file : files) CHECK(std::filesystem::file_size(file) > 0);
  if (exporter.scores == nullptr) return;
  const std::vector<float> images = random_images(model);
  const auto ours = reference_scores(model, images, kImages);
  const auto theirs = exporter.scores(files[0], model, images, kImages);
  const exporting::Parity parity = exporting::check_parity(ours, theirs, model.graph.classes);
  CHECK(parity.images == kImages);
  CHECK(parity.largest_difference <= kExportTolerance);
  CHECK(parity.same_top_label == kImages);
}

// Each primitive, at an odd size: what no published cell of the other tests has is here.
search_space::NetworkGraph every_primitive() {
  search_space::GraphBuilder graph({3, 9, 9});
  int x = graph.conv2d("stem", graph.image(),
                       {.channels = 8, .kernel_h = 3, .kernel_w = 3, .bias = true});
  x = graph.batch_norm("stem_bn", x);
  const int gate = graph.sigmoid(graph.conv2d("gate", graph.global_avg_pool(x), {.channels = 8}));
  x = graph.mul(x, gate);
  const int same = graph.zeros(x, graph.shape(x));
  x = graph.add({x, same, graph.relu(x)});
  const int half = graph.zeros(x, {8, 5, 5});
  const int wide = graph.zeros(x, {6, 5, 5});
  const int reduced = graph.factorized_reduction("reduction", x, 8, true);
  const int max = graph.max_pool(x, {.kernel = 3, .stride = 2});
  const int mean = graph.avg_pool(x, {.kernel = 3, .stride = 2});
  x = graph.concat({graph.add({reduced, half, graph.drop_path(max, 1.0), mean}), wide});
  x = graph.relu_conv_bn(
      "dilated", x, {.channels = 14, .kernel_h = 3, .kernel_w = 3, .dilation = 2, .groups = 2});
  x = graph.dropout(graph.global_avg_pool(x), 0.5);
  return search_space::inference_graph(
      graph.finish(graph.linear("classifier", x, 5), std::nullopt, 5));
}

TEST_CASE("exported models give the scores of the network", "[conformance][exporter]") {
  for (const auto& [name, entry] : Registry<Exporter>::entries()) {
    for (const std::string architecture :
         {"nasnet-a", "darts-v2", "amoebanet-a",
          "|none~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"}) {
      DYNAMIC_SECTION(name << " of " << architecture) {
        const auto network = small_network(search_space::find_architecture(architecture));
        check_exporter(entry.plugin, random_export_model(network, 1));
      }
    }
    DYNAMIC_SECTION(name << " of every primitive") {
      check_exporter(entry.plugin, random_export_model(every_primitive(), 2));
    }
    DYNAMIC_SECTION(name << " of a multi-label network") {
      ExportModel model = random_export_model(every_primitive(), 3);
      model.task = data::Task::kMultiLabel;
      check_exporter(entry.plugin, model);
    }
  }
}

TEST_CASE("exported nodes of nothing give zeros", "[conformance][exporter]") {
  search_space::Architecture architecture = search_space::find_architecture("darts-v2");
  for (const std::string cell : {"normal", "reduction"}) {
    for (auto& edge : architecture.cells[cell].nodes[1].edges) edge.op = "none";
  }
  const ExportModel model = random_export_model(small_network(architecture), 10);
  for (const auto& [name, entry] : Registry<Exporter>::entries()) {
    CAPTURE(name);
    check_exporter(entry.plugin, model);
  }
}

TEST_CASE("exported networks of every space give the scores of the network",
          "[conformance][exporter][space]") {
  for (const auto& [space_name, make] : search_space::spaces_of_networks()) {
    const auto space = make();
    common::RandomStream random({.seed = 4, .purpose = "exporter_test"});
    for (int i = 0; i < 2; ++i) {
      const auto architecture = space->architecture(space->sample(random));
      const ExportModel model = random_export_model(small_network(architecture), 9);
      for (const auto& [name, entry] : Registry<Exporter>::entries()) {
        CAPTURE(space_name, i, name);
        check_exporter(entry.plugin, model);
      }
    }
  }
}

TEST_CASE("exported files carry the metadata", "[conformance][exporter]") {
  ExportModel model = random_export_model(every_primitive(), 4);
  model.metadata["provenance"] = "drawn at marker-8c1f52";
  for (const auto& [name, entry] : Registry<Exporter>::entries()) {
    DYNAMIC_SECTION(name) {
      const TempDir folder;
      const auto files = entry.plugin.run(model, folder.path());
      const std::string content = common::read_file(files.at(0));
      CHECK(content.find("marker-8c1f52") != std::string::npos);
      CHECK(content.find("input_size") != std::string::npos);
    }
  }
}

TEST_CASE("the same model is exported to the same bytes", "[conformance][exporter]") {
  const ExportModel model = random_export_model(every_primitive(), 5);
  const TempDir folder;
  for (const std::string name : {"onnx", "triton"}) {
    const Exporter& exporter = Registry<Exporter>::find(name);
    const auto first = exporter.run(model, folder.path() / name / "first");
    const auto second = exporter.run(model, folder.path() / name / "second");
    CHECK(common::sha256_of_file(first.at(0)) == common::sha256_of_file(second.at(0)));
  }
}

TEST_CASE("an exporter says which folder it cannot write", "[conformance][exporter]") {
  const ExportModel model = random_export_model(every_primitive(), 6);
  const TempDir folder;
  const auto file = folder.path() / "a_file";
  common::write_file_atomically(file, "not a folder");
  for (const auto& [name, entry] : Registry<Exporter>::entries()) {
    DYNAMIC_SECTION(name) {
      CHECK_THROWS_AS(entry.plugin.run(model, file / "below"), common::SystemError);
    }
  }
}

TEST_CASE("an exporter refuses a graph without its weights", "[conformance][exporter]") {
  ExportModel model = random_export_model(every_primitive(), 7);
  model.weights.erase(model.weights.begin());
  const TempDir folder;
  for (const auto& [name, entry] : Registry<Exporter>::entries()) {
    DYNAMIC_SECTION(name) {
      CHECK_THROWS_AS(entry.plugin.run(model, folder.path()), common::InternalError);
    }
  }
}

TEST_CASE("a broken file is an error, not a crash", "[conformance][exporter]") {
  const ExportModel model = random_export_model(every_primitive(), 8);
  const TempDir folder;
  const auto file = folder.path() / "broken";
  common::write_file_atomically(file, "not a model");
  for (const auto& [name, entry] : Registry<Exporter>::entries()) {
    if (entry.plugin.scores == nullptr) continue;
    DYNAMIC_SECTION(name) {
      CHECK_THROWS_AS(entry.plugin.scores(file, model, random_images(model), kImages),
                      common::SystemError);
    }
  }
}

}  // namespace
}  // namespace nas::tests
