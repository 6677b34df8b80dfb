#include "engine/local_workers.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/helper_process.h"

namespace nas::engine {

namespace {

constexpr int64_t kMostDeaths = 100;
constexpr double kPatienceSeconds = 60.0;
constexpr double kExpirySeconds = 5.0;  // between looks for leases that ran out

// Of what a worker printed the last line, which is the message that it ended with.
std::string last_words(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "";
  const std::string line = common::split(common::trim(common::read_file(file)), '\n').back();
  const std::string prefix = "error: ";
  return common::starts_with(line, prefix) ? line.substr(prefix.size()) : line;
}

// It may say itself what to try.
common::SystemError ended_with(const std::string& worker, const std::string& words,
                               const std::string& status) {
  const bool advises = words.find("; try ") != std::string::npos;
  return common::SystemError(
      {.where = "worker " + worker,
       .what = words.empty() ? "it ended without a word" : words,
       .got = advises ? "" : status,
       .hint = advises ? "" : "the same command with --run to continue, once mended"});
}

}  // namespace

std::string visible_gpu(int64_t index, const std::vector<int64_t>& gpus,
                        const std::string& visible) {
  const int64_t gpu = gpus[static_cast<size_t>(index) % gpus.size()];
  return visible.empty() ? std::to_string(gpu)
                         : common::trim(common::split(visible, ',').at(static_cast<size_t>(gpu)));
}

int64_t workers_on_gpu(int64_t index, int64_t workers, int64_t gpus) {
  return workers / gpus + (index % gpus < workers % gpus ? 1 : 0);
}

LocalWorkers::LocalWorkers(const RunFolder& run, int64_t count, const std::string& device)
    : run_(run),
      count_(count),
      gpus_(child_trainer::gpus_named(device, child_trainer::cuda_device_count())) {
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
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    environment.emplace_back("CUDA_VISIBLE_DEVICES",
                             visible_gpu(worker.index, gpus_, visible != nullptr ? visible : ""));
    const auto gpus = static_cast<int64_t>(gpus_.size());
    environment.emplace_back(kChildrenOnGpu,
                             std::to_string(workers_on_gpu(worker.index, count_, gpus)));
  }
  worker.process = std::make_unique<common::Process>(common::ProcessOptions{
      .arguments = {common::self_path().string(), "worker", "--run", run_.path().string(), "--name",
                    worker.name, "--device", gpus_.empty() ? "cpu" : "cuda", "--parent",
                    std::to_string(getpid())},
      .environment = environment,
      .pipe_stdin = true,
      .pipe_stdout = true,
      .stderr_file = run_.path() / "workers" / (worker.name + ".log")});
}

void LocalWorkers::look_after(Store& store) {
  for (auto& worker : workers_) {
    const auto status = worker.process->poll();
    if (!status) continue;
    store.release_worker(worker.name);
    store.add_event("worker died", -1, worker.name);
    if (status->signal == 0 && status->exit_code != 0) {
      throw ended_with(worker.name, last_words(run_.path() / "workers" / (worker.name + ".log")),
                       status->text());
    }
    if (++deaths_ > kMostDeaths) {
      throw common::SystemError({.where = "worker " + worker.name,
                                 .what = "workers die again and again",
                                 .got = status->text()});
    }
    start(worker);
  }
  if (const double now = common::monotonic_seconds(); now - expired_at_ > kExpirySeconds) {
    expired_at_ = now;
    store.release_expired();
  }
}

void LocalWorkers::wait(int milliseconds) {
  std::vector<int> pipes;
  for (const auto& worker : workers_) pipes.push_back(worker.process->stdout_fd());
  common::wait_for_news(pipes, milliseconds);
}

void LocalWorkers::tell_of_trials() {
  for (const auto& worker : workers_) common::tell_news(worker.process->stdin_fd());
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
