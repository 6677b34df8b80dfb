#include "export/model_contents.h"

#include "common/error.h"
#include "common/json.h"

namespace nas::exporting {

const common::StoredTensor& tensor_of(const ExportModel& model,
                                      const search_space::TensorSpec& spec) {
  const auto found = model.weights.find(spec.name);
  if (found == model.weights.end()) {
    throw common::InternalError({.where = "export", .what = "no weights of " + spec.name});
  }
  const common::StoredTensor& tensor = found->second;
  const auto bytes = static_cast<size_t>(spec.count()) * sizeof(float);
  if (tensor.dtype != "F32" || tensor.shape != spec.shape || tensor.bytes.size() != bytes) {
    throw common::InternalError({.where = "export",
                                 .what = "the weights of " + spec.name + " do not fit the graph",
                                 .got = tensor.dtype + " " + common::Json(tensor.shape).dump(),
                                 .expected = "F32 " + common::Json(spec.shape).dump()});
  }
  return tensor;
}

Normalization normalization_of(const ExportModel& model) {
  const auto channels = static_cast<size_t>(model.graph.nodes.at(0).shape.channels);
  if (model.mean.size() != channels || model.std_dev.size() != channels) {
    throw common::InternalError(
        {.where = "export", .what = "mean and std need one value for each channel of the input"});
  }
  Normalization normalization;
  for (size_t i = 0; i < channels; ++i) {
    normalization.shift.push_back(static_cast<float>(255.0 * model.mean[i]));
    normalization.scale.push_back(static_cast<float>(1.0 / (255.0 * model.std_dev[i])));
  }
  return normalization;
}

std::map<std::string, std::string> full_metadata(const ExportModel& model) {
  std::map<std::string, std::string> metadata = model.metadata;
  // insert() leaves what is there already.
  metadata.insert({"name", model.name});
  metadata.insert({"task", data::task_text(model.task)});
  metadata.insert({"labels", common::Json(model.labels).dump()});
  metadata.insert({"input_size", std::to_string(model.input_size)});
  metadata.insert({"mean", common::Json(model.mean).dump()});
  metadata.insert({"std", common::Json(model.std_dev).dump()});
  return metadata;
}

void check_images(const ExportModel& model, const std::vector<float>& images, int64_t count) {
  const int64_t values = count * model.graph.nodes.at(0).shape.count();
  if (count < 0 || static_cast<int64_t>(images.size()) != values) {
    throw common::InternalError({.where = "export",
                                 .what = "the images do not fit the model's input",
                                 .got = std::to_string(images.size()) + " values",
                                 .expected = std::to_string(values)});
  }
}

}  // namespace nas::exporting
