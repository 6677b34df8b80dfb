// The process behind Scorer.
#include <algorithm>
#include <iostream>

#include "child_trainer/device.h"
#include "child_trainer/score.h"
#include "common/error.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "engine/scorer.h"
#include "engine/search_options.h"
#include "engine/signals.h"
#include "search_space/network_family.h"

namespace nas::engine {

namespace {

class NetworkScorer {
 public:
  NetworkScorer(const RunFolder& run, const common::Options& options)
      : score_(common::Registry<child_trainer::Score>::find(options.text("prescreen"))),
        network_(search_space::NetworkOptions::from(options)),
        seed_(static_cast<uint64_t>(options.integer("seed"))),
        device_(child_trainer::find_device(options.text("device"))) {
    child_trainer::limit_cuda_memory(device_,
                                     parse_bytes("child-memory", options.text("child-memory")));
    const auto dataset = data::map_dataset(run.proxy());
    network_.classes = dataset.class_count();
    const auto normalisation = child_trainer::measure_normalisation(dataset, dataset.train);
    const child_trainer::DeviceSplit split(dataset, dataset.train, normalisation, device_);
    // As many images as a training step has, so that it takes no more memory; two at least.
    const int64_t images = std::max<int64_t>(2, options.integer("batch-size"));
    batch_ = child_trainer::EpochBatches(split, images, {}, {.seed = seed_}).get(0);
  }

  ScoreReply score(const std::string& line) const {
    try {
      const auto architecture =
          search_space::architecture_from_json(common::parse_json(line, "scorer"), "scorer");
      child_trainer::Network network(search_space::build_network(architecture, network_), device_,
                                     {.seed = seed_});
      return {.value = child_trainer::compute_score(score_, network, batch_)};
    } catch (const std::exception& error) {  // of this architecture; also what an allocator refuses
      const std::string text = error.what();
      return {.value = {}, .reason = text.substr(0, text.find('\n'))};
    }
  }

 private:
  const child_trainer::Score& score_;
  search_space::NetworkOptions network_;
  uint64_t seed_;
  at::Device device_;
  child_trainer::Batch batch_;
};

void answer(const common::Json& json) {
  std::cout << json.dump(-1, ' ', false, common::Json::error_handler_t::replace) << std::endl;
}

}  // namespace

int run_scorer(const RunFolder& run, const common::Options& options) {
  child_trainer::set_threads(options.integer("threads"));
  child_trainer::make_cuda_deterministic();
  listen_for_stop(/*terminal_too=*/false);
  try {
    const NetworkScorer scorer(run, options);
    std::string line;
    while (std::getline(std::cin, line)) answer(to_json(scorer.score(line)));
    return common::kExitDone;
  } catch (const std::exception& error) {  // the dataset, the device: every architecture's
    common::log_error(error.what());
    answer({{"fatal", error.what()}});
    return common::kExitFailed;
  }
}

}  // namespace nas::engine
