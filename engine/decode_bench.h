// How fast images are read, beside what OpenCV's decoder alone takes on as many threads.
#pragma once

#include <functional>

#include "common/json.h"
#include "common/options.h"
#include "engine/trainer_bench.h"

namespace nas::engine {

struct DecodeBenchResult {
  int64_t images = 0;          // that are read in a round
  double encoded_bytes = 0;    // of all of them
  int64_t decoded_pixels = 0;  // of all of them
  Spread images_per_second;    // as nas reads them
  Spread decoder_per_second;   // OpenCV's decoder alone, from memory
  Spread ratio;                // of the two, round by round
};
common::Json to_json(const DecodeBenchResult& result);

// Of `nas bench images`.
common::Options decode_bench_options();

// Reads the images of --from (a folder, as `nas data import` takes it) or --dataset (whose images
// are stored encoded) in rounds, each of which also gives OpenCV's decoder its turn; `show` is told
// how many rounds are done. Throws UsageError, DataError.
DecodeBenchResult bench_decoding(const common::Options& options,
                                 const std::function<void(int64_t done, int64_t count)>& show);

}  // namespace nas::engine
