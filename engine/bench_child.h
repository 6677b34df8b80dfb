// The process that `nas bench trainer` and scripts/bench_pytorch time: it does so many steps when
// it is told to, so that several can be timed side by side or in turn.
#pragma once

#include <filesystem>

#include "common/options.h"
#include "data/dataset.h"
#include "search_space/network_graph.h"

namespace nas::engine {

// The network, how it is trained, and on what.
common::Options bench_child_options();

// What they name. Throw ConfigError, UsageError, DataError.
search_space::NetworkGraph bench_network(const common::Options& options);
data::Dataset bench_images(const common::Options& options);

// Reads requests from stdin until it ends and answers each with a line of JSON, after one that says
// {"ready": true, "data_bytes": 6e6}, of its images:
//   {"work": "training" | "batches" | "inference", "steps": 5}
//   {"seconds": 1.2, "images": 320, "peak_bytes": 1e9}
// and of training "parts" (seconds a step: data, forward, backward, optimizer) and "losses" (a
// step's), of inference "scores" (of the first images). Returns an exit code.
//
// A folder --dump gets what another program needs to repeat the first steps:
//   initial.safetensors   parameters and buffers by name
//   batches.safetensors   images_0 … float [N, 3, H, W] normalised and augmented, targets_0 …; and
//                         images_inference, what inference sees
//   model.onnx            the initial network
int serve_bench(const common::Options& options);

}  // namespace nas::engine
