// The model folder that a transfer leaves: self-contained; copied elsewhere it evaluates, predicts
// and exports.
//
//   model.json  weights.safetensors  samples.h5  metrics.jsonl  evaluation.json  report.html
//   export/
#pragma once

#include <filesystem>

#include "child_trainer/batches.h"
#include "child_trainer/network.h"
#include "data/dataset.h"
#include "export/exporter.h"
#include "search_space/network_family.h"

namespace nas::engine {

inline constexpr int kModelVersion = 1;

struct Model {
  std::filesystem::path folder;
  search_space::Architecture architecture;
  search_space::NetworkOptions network;  // as trained; without the auxiliary head
  std::string dataset;                   // its name
  std::vector<std::string> labels;
  data::Task task = data::Task::kSingleLabel;
  bool synthetic = false;
  child_trainer::Normalisation normalisation;
  common::Json test = common::Json::object();  // metrics on the test split
  // run, trial, seed, versions; dataset_sha256; dataset_file: where the dataset came from,
  // absolute, when it was a file.
  common::Json provenance = common::Json::object();
  std::map<std::string, common::StoredTensor> weights;
};

// Writes weights.safetensors, then model.json that names its digest. Throws SystemError.
void write_model(const Model& model);

// "latest" or empty: the newest under models/; else a folder or a name there. Throws NothingError,
// DataError (another version, weights that do not match, a network that is not theirs).
Model read_model(const std::string& text);
std::filesystem::path find_model(const std::string& text);
std::vector<std::filesystem::path> list_models();           // newest first
std::vector<std::filesystem::path> unfinished_transfers();  // newest first; some may be running

exporting::ExportModel export_model_of(const Model& model);

// The network with the model's weights, to score images on a device.
class Predictor {
 public:
  Predictor(const Model& model, at::Device device);
  // Probabilities [N, K] of a split whose images have the model's input size.
  std::vector<float> scores(const data::Dataset& dataset, const data::Split& split);

 private:
  child_trainer::Network network_;
  child_trainer::Normalisation normalisation_;
  at::Device device_;
};

// The dataset brought to the model's input size. Throws DataError when its classes are not the
// model's.
data::Dataset dataset_for(const Model& model, const data::Dataset& dataset);

}  // namespace nas::engine
