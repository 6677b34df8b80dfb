#include "child_trainer/tensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

#include "common/error.h"
#include "common/text.h"

namespace nas::child_trainer {

namespace {

struct TypePair {
  const char* text;
  at::ScalarType type;
};
constexpr TypePair kTypes[] = {{"F64", at::kDouble},    {"F32", at::kFloat}, {"F16", at::kHalf},
                               {"BF16", at::kBFloat16}, {"I64", at::kLong},  {"I32", at::kInt},
                               {"U8", at::kByte},       {"BOOL", at::kBool}};

std::string shape_text(at::IntArrayRef shape) {
  std::vector<std::string> parts;
  for (const int64_t size : shape) parts.push_back(std::to_string(size));
  return "[" + common::join(parts, ", ") + "]";
}

}  // namespace

common::StoredTensor store_tensor(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
  common::StoredTensor stored;
  for (const auto& [text, type] : kTypes) {
    if (plain.scalar_type() == type) stored.dtype = text;
  }
  stored.shape = plain.sizes().vec();
  stored.bytes.assign(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
  return stored;
}

at::Tensor load_tensor(const common::StoredTensor& stored) {
  for (const auto& [text, type] : kTypes) {
    if (stored.dtype != text) continue;
    at::Tensor tensor = at::empty(stored.shape, at::TensorOptions().dtype(type));
    std::memcpy(tensor.data_ptr(), stored.bytes.data(), stored.bytes.size());
    return tensor;
  }
  throw common::DataError({.where = "tensor", .what = "unsupported type", .got = stored.dtype});
}

std::map<std::string, common::StoredTensor> store_tensors(const NamedTensors& tensors) {
  std::map<std::string, common::StoredTensor> stored;
  for (const auto& [name, tensor] : tensors) stored.emplace(name, store_tensor(tensor));
  return stored;
}

void copy_into(const NamedTensors& tensors,
               const std::map<std::string, common::StoredTensor>& stored,
               const std::string& where) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      throw common::DataError(
          {.where = where,
           .what = "the weights do not match the network: '" + name + "' is missing"});
    }
    if (tensor.sizes() != at::IntArrayRef(found->second.shape)) {
      throw common::DataError(
          {.where = where,
           .what = "the weights do not match the network: '" + name + "' has another shape",
           .got = shape_text(found->second.shape),
           .expected = shape_text(tensor.sizes())});
    }
    tensor.copy_(load_tensor(found->second));
  }
  for (const auto& [name, tensor] : stored) {
    if (tensors.count(name) == 0) {
      throw common::DataError(
          {.where = where,
           .what = "the weights do not match the network: '" + name + "' belongs to no layer"});
    }
  }
}

}  // namespace nas::child_trainer
