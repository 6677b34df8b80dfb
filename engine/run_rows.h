// The rows of a run and their files, which come and go together.
#pragma once

#include <vector>

#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

// Stores new rows, all or none of them; what is to be trained has its architecture.json before.
void add_rows(const RunFolder& run, Store& store, const std::vector<Trial>& rows);

// Removes the weights of all rows but the best `keep`: of those that were trained longest the ones
// with the highest rewards, then of those that were trained next to longest, and so on.
void keep_best_weights(const RunFolder& run, Store& store, const std::vector<Trial*>& rows,
                       int64_t keep);

}  // namespace nas::engine
