// A network graph as TorchScript source. No torch here: text only.
#pragma once

#include <string>
#include <vector>

#include "export/exporter.h"

namespace nas::exporting {

// Where a tensor lives in the module: submodules, then the attribute. The components of its name;
// one that Python would not take as an identifier gets an underscore ("1x1" -> "_1x1", "in" ->
// "_in").
std::vector<std::string> attribute_path(const std::string& tensor_name);

// "def forward(self, image: Tensor) -> Tensor: …": pixels 0..255 -> scores. Reads the graph's
// tensors at their attribute_path, and normalize.shift and normalize.scale [1, C, 1, 1]. Throws
// InternalError for a primitive that has no TorchScript here.
std::string torchscript_source(const ExportModel& model);

}  // namespace nas::exporting
