// What every exporter asks of an ExportModel, checked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "export/exporter.h"

namespace nas::exporting {

// The values of a parameter or buffer. Throws InternalError when they are missing, not F32 or of
// another shape.
const common::StoredTensor& tensor_of(const ExportModel& model,
                                      const search_space::TensorSpec& spec);

// (pixel - shift) * scale is the normalised input, by channel; pixels are 0..255.
struct Normalization {
  std::vector<float> shift;  // [C]
  std::vector<float> scale;  // [C]
};
// Throws InternalError unless mean and std_dev have one value for each channel.
Normalization normalization_of(const ExportModel& model);

// model.metadata, and where it says nothing of them: name, task, labels (JSON), input_size, mean,
// std (JSON).
std::map<std::string, std::string> full_metadata(const ExportModel& model);

// Throws InternalError unless `images` holds `count` images of the model's input shape.
void check_images(const ExportModel& model, const std::vector<float>& images, int64_t count);

}  // namespace nas::exporting
