// Importers turn a folder or file that people have into a Dataset. One file each in
// data/importers/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/registry.h"
#include "data/dataset.h"

namespace nas::data {

struct ImportRequest {
  std::string name;                          // of the dataset
  std::filesystem::path from;                // folder or file
  int64_t size = 0;                          // side of the images; 0: the importer's own default
  std::vector<double> split = {80, 10, 10};  // train, valid, test; where the source has none
  uint64_t seed = 0;
};

struct ImportReport {
  Dataset dataset;
  std::vector<std::string> skipped;  // "path: reason", one line each
};

struct Importer {
  static constexpr const char* kKind = "importer";
  std::string name;
  std::string summary;
  // True when `from` looks like this importer's format; must be cheap (names and sizes).
  bool (*recognises)(const std::filesystem::path& from) = nullptr;
  // Throws DataError.
  ImportReport (*run)(const ImportRequest& request) = nullptr;
};

// Runs the importer `importer`, or the one that recognises the source when it is empty.
// Throws DataError when none or several do.
ImportReport import_dataset(const ImportRequest& request, const std::string& importer);

}  // namespace nas::data
