#include "engine/rank_place.h"

#include <algorithm>
#include <cstdlib>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/text.h"

namespace nas::engine {

namespace {

constexpr int64_t kFirstPort = 20000;
constexpr int64_t kPorts = 12000;  // below those that the kernel gives to whoever asks

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// -1: not a number.
int64_t number(const std::string& text) {
  const bool digits = !text.empty() && text.size() < 10 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : -1;
}

// Of the first machine in a list such as "4(x2),3".
int64_t tasks_a_node(const std::string& list) {
  return number(list.substr(0, list.find_first_of("(,")));
}

[[noreturn]] void refuse(const std::string& where, const std::string& what, const std::string& got,
                         const std::string& expected) {
  throw common::ConfigError({.where = where, .what = what, .got = got, .expected = expected});
}

}  // namespace

std::string first_host(const std::string& nodes) {
  const auto bracket = nodes.find('[');
  const std::string name = nodes.substr(0, nodes.find_first_of("[,"));
  if (bracket != name.size()) return name;
  const auto end = nodes.find_first_of("-,]", bracket);
  const auto close = nodes.find(']', bracket);
  if (end == std::string::npos || close == std::string::npos) return name;
  const auto after = nodes.find_first_of(",[", close);
  return name + nodes.substr(bracket + 1, end - bracket - 1) +
         nodes.substr(close + 1, (after == std::string::npos ? nodes.size() : after) - close - 1);
}

std::optional<RankPlace> slurm_place(const std::string& rendezvous) {
  if (!rendezvous.empty())
    child_trainer::parse_address(rendezvous);  // throws, also outside of Slurm
  // A batch script has the job's number of tasks too, but it is not one of them: only srun's have a
  // step.
  const std::string step = variable("SLURM_STEP_ID");
  std::string tasks = variable("SLURM_STEP_NUM_TASKS");
  if (tasks.empty()) tasks = variable("SLURM_NTASKS");
  RankPlace place{.rank = number(variable("SLURM_PROCID")), .ranks = number(tasks)};
  if (step.empty() || place.ranks < 2 || place.rank < 0 || place.rank >= place.ranks)
    return std::nullopt;
  const int64_t job = std::max<int64_t>(0, number(variable("SLURM_JOB_ID")));
  place.local_rank = std::max<int64_t>(0, number(variable("SLURM_LOCALID")));
  std::string of_nodes = variable("SLURM_STEP_TASKS_PER_NODE");
  if (of_nodes.empty()) of_nodes = variable("SLURM_TASKS_PER_NODE");
  place.local_ranks =
      std::clamp<int64_t>(tasks_a_node(of_nodes), place.local_rank + 1, place.ranks);
  place.token = "slurm-" + std::to_string(job) + "." + step;
  if (!rendezvous.empty()) {
    place.meeting = child_trainer::parse_address(rendezvous);
    return place;
  }
  std::string nodes = variable("SLURM_STEP_NODELIST");
  if (nodes.empty()) nodes = variable("SLURM_JOB_NODELIST");
  const int64_t port = kFirstPort + (job * 7 + std::max<int64_t>(0, number(step))) % kPorts;
  place.meeting = {.host = first_host(nodes), .port = static_cast<int>(port)};
  if (place.meeting.host.empty())
    refuse("Slurm", "no list of nodes in the environment", "", "SLURM_STEP_NODELIST");
  return place;
}

void forget_former_ranks(common::Options& continued, const common::Options& given,
                         const std::optional<RankPlace>& place) {
  const bool ranks = given.is_given("ranks");
  const bool devices = given.is_given("devices");
  if ((devices || place) && !ranks) continued.set_value("ranks", 0, "default");
  if (ranks && !devices) continued.set_value("devices", common::Json::array(), "default");
}

std::vector<at::Device> devices_of_ranks(const common::Options& options,
                                         const std::optional<RankPlace>& place) {
  const int64_t asked = options.integer("ranks");
  if (place && asked > 0 && asked != place->ranks) {
    refuse("--ranks", "Slurm has started another number of tasks", std::to_string(asked),
           std::to_string(place->ranks) + ", or no --ranks");
  }
  std::vector<at::Device> devices;
  for (const auto& name : options.list("devices")) {
    const at::Device device = child_trainer::find_device(name);
    if (device.is_cuda() && std::count(devices.begin(), devices.end(), device) > 0)
      refuse("--devices", "a GPU is named twice", name, "each GPU once");
    if (!devices.empty() && devices[0].type() != device.type())
      refuse("--devices", "a mixture of devices", name, "GPUs, or the CPU");
    devices.push_back(device);
  }
  if (place) {
    // Each machine has its own; a batch system may show a task only the one that it may use.
    if (devices.empty()) devices = child_trainer::find_devices(options.text("device"));
    std::vector<at::Device> all;
    for (int64_t rank = 0; rank < place->ranks; ++rank)
      all.push_back(devices[static_cast<size_t>(place->local_rank) % devices.size()]);
    return all;
  }
  if (!devices.empty()) {
    if (asked > 0 && asked != static_cast<int64_t>(devices.size())) {
      refuse("--ranks", "another number of ranks than of devices", std::to_string(asked),
             std::to_string(devices.size()) + ", one for each of --devices");
    }
    return devices;
  }
  if (asked <= 1) return {child_trainer::find_device(options.text("device"))};
  devices = child_trainer::find_devices(options.text("device"));
  if (devices[0].is_cpu()) return {static_cast<size_t>(asked), devices[0]};
  if (static_cast<int64_t>(devices.size()) < asked) {
    refuse("--ranks", "more ranks than GPUs", std::to_string(asked),
           "at most " + std::to_string(devices.size()) + ", or --device cpu");
  }
  devices.resize(static_cast<size_t>(asked), devices[0]);
  return devices;
}

int64_t threads_of_rank(const common::Options& options, int64_t local_ranks) {
  if (options.integer("threads") > 0) return options.integer("threads");
  const int64_t given = local_ranks > 1 ? number(variable("SLURM_CPUS_PER_TASK")) : -1;
  return given > 0 ? given : child_trainer::threads_a_child(local_ranks);
}

}  // namespace nas::engine
