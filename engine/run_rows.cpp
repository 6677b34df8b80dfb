#include "engine/run_rows.h"

#include <algorithm>

#include "common/file.h"
#include "engine/trained.h"

namespace nas::engine {

namespace {

constexpr const char* kWeights = "weights.safetensors";

}  // namespace

void add_rows(const RunFolder& run, Store& store, const std::vector<Trial>& rows) {
  for (const auto& row : rows) {
    if (!is_training(row)) continue;
    common::write_file_atomically(run.trial(row.id) / "architecture.json",
                                  search_space::to_json(row.architecture).dump(2) + "\n");
  }
  store.insert_all(rows);
}

void keep_best_weights(const RunFolder& run, Store& store, const std::vector<Trial*>& rows,
                       int64_t keep) {
  std::vector<Trial*> with_weights;
  for (Trial* row : rows) {
    if (row->state == TrialState::kSucceeded && !row->reused_from && row->files.contains(kWeights))
      with_weights.push_back(row);
  }
  std::stable_sort(with_weights.begin(), with_weights.end(),
                   [](const Trial* a, const Trial* b) { return is_better(*a, *b); });
  for (size_t i = static_cast<size_t>(keep); i < with_weights.size(); ++i) {
    Trial& row = *with_weights[i];
    row.files.erase(kWeights);
    store.update_files(row.id, row.files);
    std::error_code ignored;
    std::filesystem::remove(run.trial(row.id) / kWeights, ignored);
  }
}

}  // namespace nas::engine
