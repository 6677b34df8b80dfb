#include "search_space/architecture.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "common/registry.h"
#include "tests/support/temp_dir.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using common::DataError;
using common::Json;
using common::UsageError;

constexpr const char* kText =
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|";

TEST_CASE("architecture: every named one comes back from JSON text", "[search_space]") {
  for (const auto& name : common::Registry<NamedArchitecture>::names()) {
    CAPTURE(name);
    const Architecture architecture = find_architecture(name);
    CHECK(architecture.name == name);
    const std::string text = to_json(architecture).dump(2);
    const Architecture read = architecture_from_json(common::parse_json(text, "test"), "test");
    CHECK(read == architecture);
    CHECK(read.name == name);
    CHECK(to_json(read).dump(2) == text);
  }
}

TEST_CASE("architecture: the name is no part of its identity", "[search_space]") {
  Architecture renamed = find_architecture("nasnet-a");
  renamed.name = "";
  CHECK(renamed == find_architecture("nasnet-a"));
  CHECK_FALSE(to_json(renamed).contains("name"));
  renamed.cells["normal"].concat.pop_back();
  CHECK_FALSE(renamed == find_architecture("nasnet-a"));
}

TEST_CASE("architecture: JSON says its format, version and operations by name", "[search_space]") {
  const Json json = to_json(find_architecture("nasnet-a"));
  CHECK(json["format"].get<std::string>() == "nas-architecture");
  CHECK(json["version"].get<int>() == kArchitectureVersion);
  CHECK(json["family"].get<std::string>() == "nasnet");
  const Json edge = json["cells"]["normal"]["nodes"][0]["edges"][1];
  CHECK(edge["op"].get<std::string>() == "sep_conv_3x3");
  CHECK(edge["state"].get<int>() == 1);
  CHECK(json["cells"]["reduction"]["concat"].dump() == "[3,4,5,6]");
}

// A way to spoil good JSON, and what the message then says.
struct Fault {
  const char* says;
  void (*spoil)(Json& json);
};

Json& normal(Json& json) { return json["cells"]["normal"]; }
Json& node(Json& json) { return normal(json)["nodes"][2]; }
Json& edge(Json& json) { return node(json)["edges"][1]; }

const Fault kFaults[] = {
    {"not an architecture", [](Json& json) { json = Json::array(); }},
    {"not an architecture", [](Json& json) { json = "nasnet-a"; }},
    {"not an architecture", [](Json& json) { json.erase("format"); }},
    {"not an architecture", [](Json& json) { json["format"] = "onnx"; }},
    {"key 'version' is missing", [](Json& json) { json.erase("version"); }},
    {"key 'version' has the wrong type", [](Json& json) { json["version"] = "1"; }},
    {"another format version; got 2; expected 1", [](Json& json) { json["version"] = 2; }},
    {"key 'family' is missing", [](Json& json) { json.erase("family"); }},
    {"key 'family' has the wrong type", [](Json& json) { json["family"] = 3; }},
    {"unknown network family; got 'resnet'; expected one of: darts, nasbench201, nasnet",
     [](Json& json) { json["family"] = "resnet"; }},
    {"key 'cells' is missing", [](Json& json) { json.erase("cells"); }},
    {"cell normal] key 'inputs' is missing", [](Json& json) { normal(json) = 3; }},
    {"cell normal] key 'inputs' is missing", [](Json& json) { normal(json).erase("inputs"); }},
    {"one or two inputs; got 0", [](Json& json) { normal(json)["inputs"] = 0; }},
    {"one or two inputs; got 3", [](Json& json) { normal(json)["inputs"] = 3; }},
    {"key 'concat' is missing", [](Json& json) { normal(json).erase("concat"); }},
    {"key 'concat' has the wrong type", [](Json& json) { normal(json)["concat"] = "all"; }},
    {"an empty concat list", [](Json& json) { normal(json)["concat"] = Json::array(); }},
    {"concat names a state out of range; got 7; expected 0..6",
     [](Json& json) { normal(json)["concat"][0] = 7; }},
    {"concat names a state out of range; got -1",
     [](Json& json) { normal(json)["concat"][0] = -1; }},
    {"key 'nodes' is missing", [](Json& json) { normal(json).erase("nodes"); }},
    {"concat names a state out of range",
     [](Json& json) { normal(json)["nodes"] = Json::array(); }},
    {"key 'combine' is missing", [](Json& json) { node(json).erase("combine"); }},
    {"unknown combination; got 'multiply'; expected add | concat",
     [](Json& json) { node(json)["combine"] = "multiply"; }},
    {"key 'edges' is missing", [](Json& json) { node(json).erase("edges"); }},
    {"a node without edges", [](Json& json) { node(json)["edges"] = Json::array(); }},
    {"key 'op' is missing", [](Json& json) { edge(json).erase("op"); }},
    {"unknown operation; got 'conv_9x9'; expected one of: avg_pool_3x3",
     [](Json& json) { edge(json)["op"] = "conv_9x9"; }},
    {"; try sep_conv_3x3", [](Json& json) { edge(json)["op"] = "sepconv_3x3"; }},
    {"key 'op' has the wrong type", [](Json& json) { edge(json)["op"] = 4; }},
    {"key 'state' is missing", [](Json& json) { edge(json).erase("state"); }},
    {"key 'state' has the wrong type", [](Json& json) { edge(json)["state"] = "0"; }},
    {"state out of range; got 4; expected 0..3", [](Json& json) { edge(json)["state"] = 4; }},
    {"state out of range; got -1", [](Json& json) { edge(json)["state"] = -1; }},
};

TEST_CASE("architecture: bad JSON is a data error that names the problem", "[search_space]") {
  for (const Fault& fault : kFaults) {
    CAPTURE(fault.says);
    Json json = to_json(find_architecture("nasnet-a"));
    fault.spoil(json);
    CHECK_THROWS_MATCHES(architecture_from_json(json, "here.json"), DataError,
                         MessageMatches(ContainsSubstring(fault.says)));
    CHECK_THROWS_MATCHES(architecture_from_json(json, "here.json"), DataError,
                         MessageMatches(ContainsSubstring("[here.json")));
  }
}

TEST_CASE("architecture: a format or a name that is no text is a data error", "[search_space]") {
  for (const std::string key : {"format", "name"}) {
    CAPTURE(key);
    Json json = to_json(find_architecture("nasnet-a"));
    json[key] = 7;
    CHECK_THROWS_AS(architecture_from_json(json, "here.json"), DataError);
  }
}

TEST_CASE("architecture: found by name, file or NAS-Bench-201 text", "[search_space]") {
  const tests::TempDir dir;
  const std::string path = (dir.path() / "best.json").string();
  common::write_file_atomically(path, to_json(find_architecture("darts-v2")).dump());
  CHECK(find_architecture(path) == find_architecture("darts-v2"));
  CHECK(find_architecture(kText).family == "nasbench201");

  CHECK_THROWS_MATCHES(find_architecture("nasnet-b"), UsageError,
                       MessageMatches(ContainsSubstring("got 'nasnet-b'")));
  CHECK_THROWS_MATCHES(find_architecture("nasnet-b"), UsageError,
                       MessageMatches(ContainsSubstring("amoebanet-a, darts-v1")));
  CHECK_THROWS_MATCHES(find_architecture("dart-v2"), UsageError,
                       MessageMatches(ContainsSubstring("try darts-v2")));
  common::write_file_atomically(path, "{}");
  CHECK_THROWS_MATCHES(find_architecture(path), DataError,
                       MessageMatches(ContainsSubstring("best.json] not an architecture")));
  common::write_file_atomically(path, "nonsense");
  CHECK_THROWS_AS(find_architecture(path), DataError);
}

TEST_CASE("architecture: a folder or a TOML file is answered with what to type", "[search_space]") {
  const tests::TempDir dir;
  const auto best = dir.path() / "best" / "architecture.json";
  const auto toml = dir.path() / "three.toml";
  common::write_file_atomically(best, "{}");
  common::write_file_atomically(toml, "nodes = 3\n");
  CHECK_THROWS_MATCHES(find_architecture(dir.path().string()), common::UsageError,
                       MessageMatches(ContainsSubstring("try " + best.string())));
  CHECK_THROWS_MATCHES(find_architecture(toml.string()), common::UsageError,
                       MessageMatches(ContainsSubstring("--space")));
}

TEST_CASE("architecture: NAS-Bench-201 text comes back", "[search_space]") {
  const Architecture architecture = from_nasbench201_text(kText);
  CHECK(to_nasbench201_text(architecture) == kText);
  const Cell& cell = architecture.cells.at("normal");
  CHECK(cell.inputs == 1);
  CHECK(cell.concat == std::vector<int>{3});
  REQUIRE(cell.nodes.size() == 3);
  CHECK(cell.nodes[1].edges[1] == Edge{.state = 1, .op = "skip_connect"});
  const Json json = to_json(architecture);
  CHECK(architecture_from_json(json, "test") == architecture);
}

TEST_CASE("architecture: bad NAS-Bench-201 text is a usage error that shows it", "[search_space]") {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"", "three nodes"},
      {"|", "three nodes"},
      {"|none~0|", "three nodes"},
      {"|none~0|+|none~0|none~1|", "three nodes"},
      {"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|", "three nodes"},
      {"||+||+||", "edges must come from"},
      {"+|none~0|none~1|+|none~0|none~1|none~2|", "node 1 needs an edge"},
      {"|none~0|+|none~0|+|none~0|none~1|none~2|", "node 2 needs an edge"},
      {"|none~0|none~1|+|none~0|none~1|+|none~0|none~1|none~2|", "node 1 needs an edge"},
      {"|none~1|+|none~0|none~1|+|none~0|none~1|none~2|", "edges must come from"},
      {"|none~0|+|none~1|none~0|+|none~0|none~1|none~2|", "edges must come from"},
      {"|none|+|none~0|none~1|+|none~0|none~1|none~2|", "edges must come from"},
      {"|none~0~0|+|none~0|none~1|+|none~0|none~1|none~2|", "edges must come from"},
      {"|zero~0|+|none~0|none~1|+|none~0|none~1|none~2|", "unknown operation 'zero'"},
      {"|nonne~0|+|none~0|none~1|+|none~0|none~1|none~2|", "try none"}};
  for (const auto& [text, says] : refused) {
    CAPTURE(text);
    CHECK_THROWS_MATCHES(from_nasbench201_text(text), UsageError,
                         MessageMatches(ContainsSubstring(says)));
    CHECK_THROWS_MATCHES(from_nasbench201_text(text), UsageError,
                         MessageMatches(ContainsSubstring("'" + text + "'")));
  }
  CHECK_THROWS_AS(to_nasbench201_text(find_architecture("nasnet-a")), DataError);
}

TEST_CASE("architecture: text outside of the bars is not passed over", "[search_space]") {
  for (const std::string text : {"|none~0|junk+|none~0|none~1|+|none~0|none~1|none~2|",
                                 "|none~0|+junk|none~0|none~1|+|none~0|none~1|none~2|",
                                 "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|junk"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(from_nasbench201_text(text), UsageError);
  }
}

}  // namespace
}  // namespace nas::search_space
