#include "export/onnx_writer.h"

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <protozero/pbf_reader.hpp>

namespace nas::exporting {
namespace {

// A message decoded: the values of each field, numbers as text.
using Fields = std::map<uint32_t, std::vector<std::string>>;

Fields decode(const std::string& bytes) {
  Fields fields;
  protozero::pbf_reader reader(bytes);
  while (reader.next()) {
    const uint32_t field = reader.tag();
    switch (reader.wire_type()) {
      case protozero::pbf_wire_type::varint:
        fields[field].push_back(std::to_string(reader.get_int64()));
        break;
      case protozero::pbf_wire_type::fixed32:
        fields[field].push_back(std::to_string(reader.get_float()));
        break;
      case protozero::pbf_wire_type::length_delimited:
        fields[field].push_back(reader.get_bytes());
        break;
      default:
        reader.skip();
    }
  }
  return fields;
}

using Texts = std::vector<std::string>;

std::string tiny_model() {
  OnnxWriter writer("tiny");
  writer.input("x", {OnnxWriter::kBatch, 3});
  writer.output("y", {OnnxWriter::kBatch, 3});
  const std::vector<float> values = {0.5F, -1.0F, 2.0F};
  writer.floats("w", {3},
                std::string(reinterpret_cast<const char*>(values.data()), 3 * sizeof(float)));
  writer.integers("pads", {0, -7});
  OnnxNode node;
  node.op = "Some";
  node.name = "y";
  node.inputs = {"x", "w"};
  node.outputs = {"y"};
  node.attributes.push_back({"axis", int64_t{-1}});
  node.attributes.push_back({"epsilon", 0.25F});
  node.attributes.push_back({"mode", std::string("constant")});
  node.attributes.push_back({"strides", std::vector<int64_t>{2, 300}});
  writer.node(node);
  return writer.finish({{"labels", "[\"a\"]"}, {"task", "single-label"}});
}

TEST_CASE("an ONNX model names its version, its operator set and its producer", "[export]") {
  Fields model = decode(tiny_model());
  CHECK(model[1] == Texts{"7"});
  CHECK(model[2] == Texts{"nas"});
  REQUIRE(model[8].size() == 1);
  CHECK(decode(model[8][0])[2] == Texts{"13"});
}

TEST_CASE("metadata is written as key and value", "[export]") {
  Fields model = decode(tiny_model());
  REQUIRE(model[14].size() == 2);
  Fields labels = decode(model[14][0]);
  CHECK(labels[1] == Texts{"labels"});
  CHECK(labels[2] == Texts{"[\"a\"]"});
  CHECK(decode(model[14][1])[1] == Texts{"task"});
}

TEST_CASE("inputs and outputs have an open batch dimension", "[export]") {
  Fields model = decode(tiny_model());
  REQUIRE(model[7].size() == 1);
  Fields graph = decode(model[7][0]);
  CHECK(graph[2] == Texts{"tiny"});
  for (const uint32_t field : {11U, 12U}) {
    REQUIRE(graph[field].size() == 1);
    Fields value = decode(graph[field][0]);
    CHECK(value[1] == Texts{field == 11U ? "x" : "y"});
    Fields type = decode(value[2].at(0));
    Fields tensor = decode(type[1].at(0));
    CHECK(tensor[1] == Texts{"1"});
    Fields shape = decode(tensor[2].at(0));
    REQUIRE(shape[1].size() == 2);
    CHECK(decode(shape[1][0])[2] == Texts{"N"});
    CHECK(decode(shape[1][1])[1] == Texts{"3"});
  }
}

TEST_CASE("constants keep their shape, type and bytes", "[export]") {
  Fields model = decode(tiny_model());
  Fields graph = decode(model[7].at(0));
  REQUIRE(graph[5].size() == 2);
  Fields weight = decode(graph[5][0]);
  CHECK(weight[1] == Texts{"3"});
  CHECK(weight[2] == Texts{"1"});
  CHECK(weight[8] == Texts{"w"});
  REQUIRE(weight[9].at(0).size() == 3 * sizeof(float));
  float values[3] = {};
  std::memcpy(values, weight[9][0].data(), sizeof(values));
  CHECK(values[1] == -1.0F);

  Fields pads = decode(graph[5][1]);
  CHECK(pads[1] == Texts{"2"});
  CHECK(pads[2] == Texts{"7"});
  REQUIRE(pads[9].at(0).size() == 2 * sizeof(int64_t));
  int64_t integers[2] = {};
  std::memcpy(integers, pads[9][0].data(), sizeof(integers));
  CHECK(integers[1] == -7);
}

TEST_CASE("a node keeps the order of its inputs and the types of its attributes", "[export]") {
  Fields model = decode(tiny_model());
  Fields graph = decode(model[7].at(0));
  REQUIRE(graph[1].size() == 1);
  Fields node = decode(graph[1][0]);
  CHECK(node[1] == Texts{"x", "w"});
  CHECK(node[2] == Texts{"y"});
  CHECK(node[4] == Texts{"Some"});
  REQUIRE(node[5].size() == 4);
  Fields axis = decode(node[5][0]);
  CHECK(axis[1] == Texts{"axis"});
  CHECK(axis[3] == Texts{"-1"});
  CHECK(axis[20] == Texts{"2"});
  Fields epsilon = decode(node[5][1]);
  CHECK(epsilon[2] == Texts{"0.250000"});
  CHECK(epsilon[20] == Texts{"1"});
  Fields mode = decode(node[5][2]);
  CHECK(mode[4] == Texts{"constant"});
  CHECK(mode[20] == Texts{"3"});
  Fields strides = decode(node[5][3]);
  CHECK(strides[8] == Texts{"2", "300"});
  CHECK(strides[20] == Texts{"7"});
}

}  // namespace
}  // namespace nas::exporting
