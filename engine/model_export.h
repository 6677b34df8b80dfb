// Exporting a model, with the proof that the written file gives the same answers.
#pragma once

#include "engine/model_folder.h"

namespace nas::engine {

struct ExportResult {
  std::vector<std::filesystem::path> files;  // the model file first
  bool checked = false;                      // something on this machine can run the format
  int64_t images = 0;                        // real images of the model folder's samples
  double largest_difference = 0.0;           // of a score
};
common::Json to_json(const ExportResult& result);

inline constexpr double kLargestDifference = 1e-4;

// Writes, then runs both sides on the model folder's sample images. Throws DataError when they
// differ by more than kLargestDifference or in a top label; the files are then removed.
ExportResult export_model(const Model& model, const std::string& format,
                          const std::filesystem::path& folder);

}  // namespace nas::engine
