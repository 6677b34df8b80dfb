#include "controller/state_text.h"

namespace nas::controller {

common::Json new_state(const std::string& strategy) {
  common::Json state = common::Json::object();
  state["strategy"] = strategy;
  return state;
}

common::Json parse_state(const std::string& text, const std::string& strategy) {
  common::Json state = common::parse_json(text, kStateName);
  const auto saved = common::json_get<std::string>(state, "strategy", kStateName);
  if (saved != strategy) {
    throw common::DataError({.where = kStateName,
                             .what = "saved by another strategy",
                             .got = "'" + saved + "'",
                             .expected = "'" + strategy + "'"});
  }
  return state;
}

common::Json tensors_to_json(const NamedTensors& tensors) {
  common::Json json = common::Json::object();
  for (const auto& [name, tensor] : tensors) {
    const auto* bytes = static_cast<const char*>(tensor.const_data_ptr());
    json[name] = common::to_base64(std::string(bytes, tensor.nbytes()));
  }
  return json;
}

void tensors_from_json(const common::Json& json, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    const std::string bytes =
        common::from_base64(common::json_get<std::string>(json, name, kStateName));
    if (bytes.size() != tensor.nbytes()) {
      throw common::DataError({.where = kStateName,
                               .what = "tensor '" + name + "' has another size",
                               .got = std::to_string(bytes.size()) + " bytes",
                               .expected = std::to_string(tensor.nbytes()) + " bytes",
                               .hint = "the space and the options that it was saved with"});
    }
    std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  }
}

Choices choices_from_json(const common::Json& json, const SpaceView& view) {
  auto choices = common::json_get<Choices>(json, "choices", kStateName);
  const std::vector<Decision>& decisions = view.decisions();
  bool fits = choices.size() == decisions.size();
  for (size_t i = 0; fits && i < choices.size(); ++i) {
    fits = choices[i] >= search_space::kInactive &&
           choices[i] < static_cast<int>(decisions[i].values.size());
  }
  if (!fits) {
    throw common::DataError({.where = kStateName, .what = "choices of another search space"});
  }
  return choices;
}

}  // namespace nas::controller
