#include "engine/proxy.h"

#include "common/file.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"

namespace nas::engine {

common::Json prepare_proxy(const RunFolder& run, const common::Options& options) {
  if (!std::filesystem::exists(run.proxy())) {
    const auto found = data::find_dataset(options.text("proxy"), options.text("data-dir"));
    if (!found.note.empty()) common::log_info(found.note);
    const auto dataset = data::read_dataset(found.file);
    const auto proxy = data::proxy_split(
        dataset, options.integer("train-images"), options.integer("valid-images"),
        options.integer("input-size"), static_cast<uint64_t>(options.integer("seed")));
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
