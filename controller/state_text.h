// The parts of Strategy::save_state(): numbers and tensors as text that is restored bit for bit.
// All of it throws DataError for text that is damaged or that another strategy or space wrote.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "common/json.h"
#include "controller/space_view.h"

namespace nas::controller {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

inline constexpr const char* kStateName = "strategy state";  // in messages

// An object with the key `strategy`, which load_state() checks by parse_state().
common::Json new_state(const std::string& strategy);
common::Json parse_state(const std::string& text, const std::string& strategy);

// {name: base64 of the tensor's bytes}. Reading writes into the given contiguous CPU tensors.
common::Json tensors_to_json(const NamedTensors& tensors);
void tensors_from_json(const common::Json& json, const NamedTensors& tensors);

// The key `choices` of `json`, one for each decision of the space.
Choices choices_from_json(const common::Json& json, const SpaceView& view);

// Base64 of the numbers' bytes.
template <class T>
std::string pack(const std::vector<T>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  if (!numbers.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return common::to_base64(bytes);
}

template <class T>
std::vector<T> unpack(const std::string& text) {
  const std::string bytes = common::from_base64(text);
  if (bytes.size() % sizeof(T) != 0) {
    throw common::DataError({.where = kStateName, .what = "packed numbers are cut off"});
  }
  std::vector<T> numbers(bytes.size() / sizeof(T));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

}  // namespace nas::controller
