#include "engine/proxy.h"

#include <algorithm>

#include "common/file.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"

namespace nas::engine {

namespace {

struct ProxyCounts {
  int64_t train;  // 0: all that is left
  int64_t valid;
};

// As given; but what only a preset asks for is cut to a dataset that has fewer images.
ProxyCounts proxy_counts(const data::Dataset& dataset, const common::Options& options) {
  ProxyCounts counts{.train = options.integer("train-images"),
                     .valid = options.integer("valid-images")};
  const int64_t train = dataset.train.count();
  const int64_t valid = dataset.valid.count();
  const bool enough = valid >= counts.valid || train >= counts.train + counts.valid;
  if (!enough && !options.is_given("valid-images"))
    counts.valid = 10 * valid >= train ? valid : std::min(counts.valid, train / 5);
  const int64_t left = counts.valid <= valid ? train : train - counts.valid;
  if (!options.is_given("train-images"))
    counts.train = std::max<int64_t>(0, std::min(counts.train, left));
  return counts;
}

}  // namespace

common::Json prepare_proxy(const RunFolder& run, const common::Options& options) {
  if (!std::filesystem::exists(run.proxy())) {
    const auto found = data::find_dataset(options.text("proxy"), options.text("data-dir"));
    if (!found.note.empty()) common::log_info(found.note);
    const auto dataset = data::read_dataset(found.file);
    const auto [train, valid] = proxy_counts(dataset, options);
    const auto proxy = data::proxy_split(dataset, train, valid, options.integer("input-size"),
                                         static_cast<uint64_t>(options.integer("seed")));
    data::write_dataset(run.proxy(), proxy);
  }
  const auto info = data::read_dataset_info(run.proxy());
  return {{"name", info.header.name},
          {"synthetic", info.header.synthetic},
          {"train", info.train},
          {"valid", info.valid},
          {"classes", info.header.class_count()},
          {"input_size", info.header.height},
          {"sha256", info.sha256}};
}

}  // namespace nas::engine
