// nas doctor: what was found on this machine.
#include <fmt/format.h>

#include <thread>

#include "child_trainer/device.h"
#include "cli/command.h"
#include "common/file.h"
#include "common/machine.h"
#include "common/process.h"
#include "common/text.h"
#include "data/dataset_lookup.h"
#include "engine/run_folder.h"

namespace nas::cli {
namespace {

int run(Arguments&) {
  const auto machine = engine::machine_json();
  fmt::print("nas        {}\nLibTorch   {}\nsystem     {}\n", engine::program_version(),
             machine["libtorch"].get<std::string>(), machine["system"].get<std::string>());
  fmt::print("CPU        {} cores, {} of memory\n", std::thread::hardware_concurrency(),
             common::bytes_text(common::machine_memory()));
  const int64_t gpus = child_trainer::cuda_device_count();
  fmt::print("GPUs       {}\n",
             gpus == 0 ? child_trainer::cuda_device_text(0) : std::to_string(gpus));
  for (int64_t i = 0; i < gpus; ++i)
    fmt::print("           cuda:{} {}\n", i, child_trainer::cuda_device_text(i));
  fmt::print("cache      {} ({} free)\n", common::cache_dir().string(),
             common::bytes_text(common::free_bytes(common::cache_dir())));
  fmt::print("runs       {} ({} free)\n", std::filesystem::absolute(engine::runs_root()).string(),
             common::bytes_text(common::free_bytes(engine::runs_root())));
  const char* data_dir = std::getenv("NAS_DATA_DIR");
  fmt::print("data       $NAS_DATA_DIR {}\n", data_dir != nullptr ? data_dir : "is not set");
  for (const auto& dataset : data::list_datasets(""))
    fmt::print("           {:<12} {}\n", dataset.name, dataset.summary);
  fmt::print("Graphviz   {}\n",
             common::program_exists("dot") ? "found" : "not found: reports have no drawings");
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "doctor", .summary = "Say what was found on this machine", .usage = "", .run = run}};

}  // namespace
}  // namespace nas::cli
