// Networks for tests of exporters, and the scores that an export must reproduce.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "export/exporter.h"
#include "search_space/architecture.h"

namespace nas::tests {

// The inference graph of a small network: one cell a stage, 8 filters, 16 pixels, 5 classes.
search_space::NetworkGraph small_network(const search_space::Architecture& architecture);

// A model of that graph: weights as a training starts with (but no norm is left at 1 and 0),
// statistics of the batch norms near those of random images, labels class0, class1, …
exporting::ExportModel random_export_model(const search_space::NetworkGraph& graph, uint64_t seed);

// What child_trainer's executor makes of `images`, float [count, 3, H, W] in 0..255: scores [count,
// K].
std::vector<float> reference_scores(const exporting::ExportModel& model,
                                    const std::vector<float>& images, int64_t count);

}  // namespace nas::tests
