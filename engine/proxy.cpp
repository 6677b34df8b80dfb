#include "engine/proxy.h"

#include <algorithm>

#include "common/log.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/few_images.h"

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

common::Json described(const data::Dataset& header, int64_t train, int64_t valid) {
  return {{"name", header.name}, {"synthetic", header.synthetic},   {"train", train},
          {"valid", valid},      {"classes", header.class_count()}, {"input_size", header.height}};
}

}  // namespace

data::Dataset new_proxy(const common::Options& options) {
  const auto found = data::find_dataset(options.text("proxy"), options.text("data-dir"));
  if (!found.note.empty()) common::log_info(found.note);
  const auto dataset = data::read_dataset(found.file);
  const auto [train, valid] = proxy_counts(dataset, options);
  auto proxy = data::proxy_split(dataset, train, valid, options.integer("input-size"),
                                 static_cast<uint64_t>(options.integer("seed")));
  warn_of_few_images("held-out", proxy, proxy.valid);
  return proxy;
}

common::Json proxy_json(const data::Dataset& proxy) {
  return described(proxy, proxy.train.count(), proxy.valid.count());
}

common::Json proxy_json(const RunFolder& run) {
  const auto info = data::read_dataset_info(run.proxy());
  common::Json json = described(info.header, info.train, info.valid);
  json["sha256"] = info.sha256;
  return json;
}

}  // namespace nas::engine
