// Between files and tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "common/safetensors.h"

namespace nas::child_trainer {

using NamedTensors = std::map<std::string, at::Tensor>;

// A copy on the CPU, in row-major order whatever the tensor's memory format.
common::StoredTensor store_tensor(const at::Tensor& tensor);
// A new contiguous CPU tensor. Throws DataError for an unsupported type.
at::Tensor load_tensor(const common::StoredTensor& stored);

std::map<std::string, common::StoredTensor> store_tensors(const NamedTensors& tensors);

// Copies stored values into tensors that exist. Throws DataError, naming `where`, when a tensor is
// missing, has another shape, or the file has tensors that nobody asked for.
void copy_into(const NamedTensors& tensors,
               const std::map<std::string, common::StoredTensor>& stored, const std::string& where);

}  // namespace nas::child_trainer
