#include "engine/local_workers.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"

namespace nas::engine {

namespace {

constexpr int64_t kMostDeaths = 100;
constexpr double kPatienceSeconds = 60.0;

std::string last_line_of(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "";
  const auto lines = common::split(common::trim(common::read_file(file)), '\n');
  return lines.back();
}

// The names of this process's GPUs: as the user or a batch system gave them, else their numbers.
// Empty where there is nothing to share out.
std::vector<std::string> visible_gpus() {
  const int64_t count = child_trainer::cuda_device_count();
  if (count < 2) return {};
  if (const char* given = std::getenv("CUDA_VISIBLE_DEVICES")) return common::split(given, ',');
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

LocalWorkers::LocalWorkers(const RunFolder& run, int64_t count, bool share_gpus) : run_(run) {
  if (share_gpus) gpus_ = visible_gpus();
  std::filesystem::create_directories(run_.path() / "workers");
  for (int64_t i = 0; i < count; ++i) {
    workers_.push_back({.index = i, .name = "local" + std::to_string(i), .process = nullptr});
    start(workers_.back());
  }
}

LocalWorkers::~LocalWorkers() {
  try {
    stop();
  } catch (const std::exception& error) {
    common::log_warning(error.what());
  }
}

void LocalWorkers::start(Worker& worker) const {
  std::vector<std::pair<std::string, std::string>> environment;
  if (!gpus_.empty()) {
    const auto turn = static_cast<size_t>(worker.index) % gpus_.size();
    environment.emplace_back("CUDA_VISIBLE_DEVICES", gpus_[turn]);
  }
  worker.process = std::make_unique<common::Process>(common::ProcessOptions{
      .arguments = {common::self_path().string(), "worker", "--run", run_.path().string(), "--name",
                    worker.name, "--parent", std::to_string(getpid())},
      .environment = environment,
      .stderr_file = run_.path() / "workers" / (worker.name + ".log"),
      .quiet = true});
}

void LocalWorkers::look_after(const std::function<void(const std::string&)>& died) {
  for (auto& worker : workers_) {
    const auto status = worker.process->poll();
    if (!status) continue;
    died(worker.name);
    if (status->signal == 0 && status->exit_code != 0) {
      throw common::SystemError(
          {.where = "worker " + worker.name,
           .what = last_line_of(run_.path() / "workers" / (worker.name + ".log")),
           .got = status->text(),
           .hint = "the same command with --run to continue, once mended"});
    }
    if (++deaths_ > kMostDeaths) {
      throw common::SystemError({.where = "worker " + worker.name,
                                 .what = "workers die again and again",
                                 .got = status->text()});
    }
    start(worker);
  }
}

void LocalWorkers::stop() {
  for (auto& worker : workers_) worker.process->signal(SIGTERM);
  const double deadline = common::monotonic_seconds() + kPatienceSeconds;
  for (auto& worker : workers_) {
    worker.process->wait_or_kill(deadline - common::monotonic_seconds());
  }
  workers_.clear();
}

}  // namespace nas::engine
