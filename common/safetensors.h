// Tensors by name in the safetensors format, readable by every Python tool
// (https://github.com/huggingface/safetensors: 8-byte header length, JSON header, raw little-endian
// data).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace nas::common {

struct StoredTensor {
  std::string dtype = "F32";  // F64, F32, F16, BF16, I64, I32, U8, BOOL
  std::vector<int64_t>
      shape;          // row major (C order), as the names say: conv weights [out, in, kh, kw]
  std::string bytes;  // product(shape) * size of dtype

  int64_t count() const;
  std::vector<float> floats() const;  // of an F32 tensor; throws InternalError for another dtype
  static StoredTensor of_floats(std::vector<int64_t> shape, const std::vector<float>& values);
};

struct TensorFile {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;
};

// Throws DataError: missing, truncated, not safetensors.
TensorFile read_safetensors(const std::filesystem::path& path);
// Atomic; throws SystemError (disk full). The same tensors give the same bytes.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

}  // namespace nas::common
