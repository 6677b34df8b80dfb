#include "engine/choose_precision.h"

#include <fmt/format.h>

#include "child_trainer/step_timer.h"
#include "common/log.h"
#include "engine/projection.h"
#include "engine/transfer_job.h"
#include "search_space/network_family.h"

namespace nas::engine {

void choose_precision(common::Options& options, const search_space::Architecture& architecture,
                      const data::Dataset& dataset, at::Device device, int64_t ranks) {
  if (options.text("precision") != "auto") return;
  std::map<std::string, double> seconds;
  for (const char* precision : {"fp32", "bf16"}) {
    options.set("precision", precision, "machine");
    const auto job = transfer_job(options, architecture, dataset);
    const auto settings = settings_of_part(job, dataset, device, ranks);
    const auto graph =
        search_space::build_network(job.architecture, job.settings.in_training(job.network));
    require_memory(training_bytes(graph, settings, device, /*data_bytes=*/0), device);
    seconds[precision] = child_trainer::seconds_a_step(graph, settings, device);
  }
  const char* faster = seconds["bf16"] < seconds["fp32"] ? "bf16" : "fp32";
  options.set("precision", faster, "machine");
  common::log_info(fmt::format("precision {}: a step takes {:.0f} ms in fp32, {:.0f} ms in bf16",
                               faster, 1e3 * seconds["fp32"], 1e3 * seconds["bf16"]));
}

}  // namespace nas::engine
