// A network graph and its weights as an ONNX model.
#pragma once

#include <string>

#include "export/exporter.h"

namespace nas::exporting {

// The bytes of a ModelProto: `image` float32 [N, C, H, W] in 0..255 -> `scores` [N, K]. Constants
// are named as the parameters. Throws InternalError for a primitive that ONNX cannot express.
std::string onnx_model(const ExportModel& model);

}  // namespace nas::exporting
