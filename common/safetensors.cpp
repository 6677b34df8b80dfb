#include "common/safetensors.h"

#include <cstring>

#include "common/error.h"
#include "common/file.h"
#include "common/json.h"

namespace nas::common {

namespace {

int64_t item_size(const std::string& dtype, const std::string& where) {
  if (dtype == "F64" || dtype == "I64") return 8;
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "F16" || dtype == "BF16") return 2;
  if (dtype == "U8" || dtype == "BOOL") return 1;
  throw DataError({.where = where, .what = "unknown tensor type", .got = dtype});
}

constexpr size_t kLengthBytes = 8;

}  // namespace

int64_t StoredTensor::count() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

std::vector<float> StoredTensor::floats() const {
  if (dtype != "F32") {
    throw InternalError({.where = "safetensors", .what = "not a float tensor", .got = dtype});
  }
  std::vector<float> values(static_cast<size_t>(count()));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

StoredTensor StoredTensor::of_floats(std::vector<int64_t> shape, const std::vector<float>& values) {
  StoredTensor tensor{.dtype = "F32", .shape = std::move(shape), .bytes = {}};
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return tensor;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  const std::string where = path.string();
  uint64_t length = 0;
  if (content.size() < kLengthBytes) {
    throw DataError({.where = where, .what = "not a safetensors file: too short"});
  }
  std::memcpy(&length, content.data(), kLengthBytes);
  if (length > content.size() - kLengthBytes) {
    throw DataError({.where = where, .what = "truncated or not a safetensors file"});
  }
  const Json header = parse_json(content.substr(kLengthBytes, length), where);
  const size_t start = kLengthBytes + length;
  TensorFile file;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      file.metadata = json_get<std::map<std::string, std::string>>(header, name, where);
      continue;
    }
    StoredTensor tensor;
    tensor.dtype = json_get<std::string>(entry, "dtype", where);
    tensor.shape = json_get<std::vector<int64_t>>(entry, "shape", where);
    for (const int64_t size : tensor.shape) {
      if (size < 0)
        throw DataError({.where = where, .what = "tensor '" + name + "' has a negative size"});
    }
    const auto range = json_get<std::vector<uint64_t>>(entry, "data_offsets", where);
    const auto expected = static_cast<uint64_t>(tensor.count() * item_size(tensor.dtype, where));
    if (range.size() != 2 || range[1] < range[0] || range[1] > content.size() - start ||
        range[1] - range[0] != expected) {
      throw DataError({.where = where, .what = "truncated: tensor '" + name + "' is not complete"});
    }
    tensor.bytes = content.substr(start + range[0], range[1] - range[0]);
    file.tensors.emplace(name, std::move(tensor));
  }
  return file;
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data starts aligned
  const uint64_t length = text.size();
  std::string content(reinterpret_cast<const char*>(&length), kLengthBytes);
  content.reserve(kLengthBytes + length + offset);
  content += text;
  for (const auto& [name, tensor] : file.tensors) content += tensor.bytes;
  write_file_atomically(path, content);
}

}  // namespace nas::common
