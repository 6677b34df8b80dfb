#include "export/onnx_writer.h"

#include <cstring>
#include <protozero/pbf_writer.hpp>

#include "common/error.h"

namespace nas::exporting {

namespace {

using protozero::pbf_tag_type;
using protozero::pbf_writer;

// Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, by message.
namespace model_field {
constexpr pbf_tag_type kIrVersion = 1, kProducerName = 2, kGraph = 7, kOpsetImport = 8,
                       kMetadataProps = 14;
}
namespace opset_field {
constexpr pbf_tag_type kVersion = 2;
}
namespace entry_field {
constexpr pbf_tag_type kKey = 1, kValue = 2;
}
namespace graph_field {
constexpr pbf_tag_type kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node_field {
constexpr pbf_tag_type kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
}
namespace attribute_field {
constexpr pbf_tag_type kName = 1, kFloat = 2, kInt = 3, kString = 4, kInts = 8, kType = 20;
constexpr int32_t kTypeFloat = 1, kTypeInt = 2, kTypeString = 3, kTypeInts = 7;
}  // namespace attribute_field
namespace tensor_field {
constexpr pbf_tag_type kDims = 1, kDataType = 2, kName = 8, kRawData = 9;
constexpr int32_t kTypeFloat = 1, kTypeInt64 = 7;
}  // namespace tensor_field
namespace value_field {  // ValueInfoProto > TypeProto > TypeProto.Tensor > TensorShapeProto >
                         // Dimension
constexpr pbf_tag_type kName = 1, kType = 2, kTensorType = 1, kElementType = 1, kShape = 2,
                       kDim = 1;
constexpr pbf_tag_type kDimValue = 1, kDimParam = 2;
}  // namespace value_field

constexpr int64_t kIrVersion = 7;
constexpr int64_t kOpset = 13;
constexpr size_t kProtobufLimit =
    (size_t{1} << 31) - (size_t{1} << 20);  // leaves room for the metadata

void append_value(std::string& graph, pbf_tag_type field, const std::string& name,
                  const std::vector<int64_t>& shape) {
  pbf_writer writer(graph);
  pbf_writer value(writer, field);
  value.add_string(value_field::kName, name);
  pbf_writer type(value, value_field::kType);
  pbf_writer tensor(type, value_field::kTensorType);
  tensor.add_int32(value_field::kElementType, tensor_field::kTypeFloat);
  pbf_writer dims(tensor, value_field::kShape);
  for (const int64_t size : shape) {
    pbf_writer dim(dims, value_field::kDim);
    if (size == OnnxWriter::kBatch) {
      dim.add_string(value_field::kDimParam, "N");
    } else {
      dim.add_int64(value_field::kDimValue, size);
    }
  }
}

void append_tensor(std::string& graph, const std::string& name, const std::vector<int64_t>& shape,
                   int32_t type, const std::string& bytes) {
  pbf_writer writer(graph);
  pbf_writer tensor(writer, graph_field::kInitializer);
  for (const int64_t size : shape) tensor.add_int64(tensor_field::kDims, size);
  tensor.add_int32(tensor_field::kDataType, type);
  tensor.add_string(tensor_field::kName, name);
  tensor.add_bytes(tensor_field::kRawData, bytes);
}

void append_attribute(pbf_writer& node, const OnnxAttribute& attribute) {
  pbf_writer writer(node, node_field::kAttribute);
  writer.add_string(attribute_field::kName, attribute.name);
  if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    writer.add_int64(attribute_field::kInt, *integer);
    writer.add_enum(attribute_field::kType, attribute_field::kTypeInt);
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    writer.add_float(attribute_field::kFloat, *real);
    writer.add_enum(attribute_field::kType, attribute_field::kTypeFloat);
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    writer.add_bytes(attribute_field::kString, *text);
    writer.add_enum(attribute_field::kType, attribute_field::kTypeString);
  } else {
    for (const int64_t value : std::get<std::vector<int64_t>>(attribute.value)) {
      writer.add_int64(attribute_field::kInts, value);
    }
    writer.add_enum(attribute_field::kType, attribute_field::kTypeInts);
  }
}

}  // namespace

OnnxWriter::OnnxWriter(const std::string& graph_name) {
  pbf_writer writer(graph_);
  writer.add_string(graph_field::kName, graph_name);
}

void OnnxWriter::input(const std::string& name, const std::vector<int64_t>& shape) {
  append_value(graph_, graph_field::kInput, name, shape);
}

void OnnxWriter::output(const std::string& name, const std::vector<int64_t>& shape) {
  append_value(graph_, graph_field::kOutput, name, shape);
}

void OnnxWriter::floats(const std::string& name, const std::vector<int64_t>& shape,
                        const std::string& bytes) {
  append_tensor(graph_, name, shape, tensor_field::kTypeFloat, bytes);
}

void OnnxWriter::integers(const std::string& name, const std::vector<int64_t>& values) {
  std::string bytes(values.size() * sizeof(int64_t), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  append_tensor(graph_, name, {static_cast<int64_t>(values.size())}, tensor_field::kTypeInt64,
                bytes);
}

void OnnxWriter::node(const OnnxNode& node) {
  pbf_writer writer(graph_);
  pbf_writer message(writer, graph_field::kNode);
  for (const auto& name : node.inputs) message.add_string(node_field::kInput, name);
  for (const auto& name : node.outputs) message.add_string(node_field::kOutput, name);
  message.add_string(node_field::kName, node.name);
  message.add_string(node_field::kOpType, node.op);
  for (const auto& attribute : node.attributes) append_attribute(message, attribute);
}

std::string OnnxWriter::finish(const std::map<std::string, std::string>& metadata) const {
  if (graph_.size() > kProtobufLimit) {
    throw common::SystemError({.where = "onnx",
                               .what = "the network is too large for one ONNX file",
                               .got = std::to_string(graph_.size()) + " bytes",
                               .expected = "less than 2 GiB"});
  }
  std::string bytes;
  bytes.reserve(graph_.size() + 65536);
  pbf_writer model(bytes);
  model.add_int64(model_field::kIrVersion, kIrVersion);
  model.add_string(model_field::kProducerName, "nas");
  model.add_message(model_field::kGraph, graph_);
  {
    pbf_writer opset(model, model_field::kOpsetImport);
    opset.add_int64(opset_field::kVersion, kOpset);
  }
  for (const auto& [key, value] : metadata) {
    pbf_writer entry(model, model_field::kMetadataProps);
    entry.add_string(entry_field::kKey, key);
    entry.add_string(entry_field::kValue, value);
  }
  return bytes;
}

}  // namespace nas::exporting
