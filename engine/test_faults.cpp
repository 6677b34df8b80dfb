#include "engine/test_faults.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "common/file.h"
#include "common/text.h"

namespace nas::engine {

namespace {

using child_trainer::EpochMetrics;
using child_trainer::TrainHooks;
using child_trainer::TrainJob;

constexpr int kLeakPieces = 25;  // 400 MiB

// 16 MiB that are never given back.
void take_memory() {
  static std::vector<std::vector<char>> hoard;
  hoard.emplace_back(size_t{1} << 24, 'x');
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

struct Fault {
  const char* name;
  void (*happen)(TrainJob& job, TrainHooks& hooks);
};

const Fault kFaults[] = {
    {"nan", [](TrainJob& job, TrainHooks&) { job.settings.learning_rate = 1e30; }},
    {"oom",
     [](TrainJob&, TrainHooks&) {
       for (;;) take_memory();
     }},
    {"leak",
     [](TrainJob&, TrainHooks&) {
       for (int i = 0; i < kLeakPieces; ++i) take_memory();
     }},
    {"hang", [](TrainJob&, TrainHooks&) { std::this_thread::sleep_for(std::chrono::hours(24)); }},
    {"kill", [](TrainJob&, TrainHooks&) { raise(SIGKILL); }},
    {"exit", [](TrainJob&, TrainHooks&) { _exit(7); }},
    {"throw",
     [](TrainJob&, TrainHooks& hooks) {
       hooks.on_epoch = [](const EpochMetrics&) {
         throw std::runtime_error("something broke\nand where it did");
       };
     }},
    {"badcheckpoint",
     [](TrainJob& job, TrainHooks&) {
       common::write_file_atomically(job.folder / "checkpoint.safetensors", "damaged");
     }},
};

}  // namespace

void inject_faults(int64_t row, TrainJob& job, TrainHooks& hooks) {
  const char* wanted = std::getenv("NAS_TEST_FAULT");
  for (const auto& text : common::split(wanted != nullptr ? wanted : "", ',')) {
    for (const auto& fault : kFaults) {
      if (text == fault.name + ("@" + std::to_string(row))) fault.happen(job, hooks);
    }
  }
}

}  // namespace nas::engine
