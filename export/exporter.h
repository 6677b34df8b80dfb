// Exporters write a trained network for other programs. One file each in export/exporters/.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/registry.h"
#include "common/safetensors.h"
#include "data/dataset.h"
#include "search_space/network_graph.h"

namespace nas::exporting {

// What a served model needs: the graph without its auxiliary head, weights by parameter name, and
// how pixels become inputs. The exported model takes `image`, float32 [N, 3, H, W], RGB, 0–255, and
// gives `scores` [N, K]: softmax (single-label) or sigmoid (multi-label). All preprocessing after
// the resize is in the graph.
struct ExportModel {
  std::string name;                  // of the model, for Triton's folder
  search_space::NetworkGraph graph;  // an inference_graph()
  std::map<std::string, common::StoredTensor>
      weights;                      // F32; every parameter and buffer of the graph
  std::vector<std::string> labels;  // [K]
  data::Task task = data::Task::kSingleLabel;
  int64_t input_size = 32;      // H = W
  std::vector<double> mean;     // [3], of pixels scaled to [0, 1]
  std::vector<double> std_dev;  // [3]
  std::map<std::string, std::string>
      metadata;  // labels (JSON list), input_size, resize, architecture, provenance, synthetic
};

struct Exporter {
  static constexpr const char* kKind = "exporter";
  std::string name;
  std::string summary;
  // Writes into `folder` (created where missing); returns the files written, the model file first.
  // Throws SystemError.
  std::vector<std::filesystem::path> (*run)(const ExportModel& model,
                                            const std::filesystem::path& folder) = nullptr;
  // Runs the written file on images, float [N, 3, H, W] in 0..255, and returns scores [N, K]; null
  // where nothing on this machine can run the format.
  std::vector<float> (*scores)(const std::filesystem::path& file, const ExportModel& model,
                               const std::vector<float>& images, int64_t count) = nullptr;
};

}  // namespace nas::exporting
