// Writes an ONNX ModelProto as protobuf wire bytes: opset 13, IR version 7, no protobuf library
// needed.
//
//   OnnxWriter writer("tiny");
//   writer.input("x", {OnnxWriter::kBatch, 4});
//   writer.output("y", {OnnxWriter::kBatch, 4});
//   writer.node({.op = "Relu", .name = "y", .inputs = {"x"}, .outputs = {"y"}});
//   const std::string bytes = writer.finish({{"labels", "[\"a\"]"}});
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace nas::exporting {

struct OnnxAttribute {
  std::string name;
  std::variant<int64_t, float, std::string, std::vector<int64_t>> value;
};

struct OnnxNode {
  std::string op;    // "Conv"
  std::string name;  // unique
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes = {};
};

class OnnxWriter {
 public:
  static constexpr int64_t kBatch = -1;  // a dimension that is open, and called "N" in the file

  explicit OnnxWriter(const std::string& graph_name);

  // Float32 inputs and outputs of the model.
  void input(const std::string& name, const std::vector<int64_t>& shape);
  void output(const std::string& name, const std::vector<int64_t>& shape);

  // Constants. `bytes` are little-endian float32, product(shape) of them; int64 values have one
  // dimension.
  void floats(const std::string& name, const std::vector<int64_t>& shape, const std::string& bytes);
  void integers(const std::string& name, const std::vector<int64_t>& values);

  // Nodes come in topological order.
  void node(const OnnxNode& node);

  // The file's bytes. Throws SystemError past protobuf's limit of 2 GiB.
  std::string finish(const std::map<std::string, std::string>& metadata) const;

 private:
  std::string graph_;  // a GraphProto
};

}  // namespace nas::exporting
