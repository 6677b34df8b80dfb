#include "engine/rank_place.h"

#include <catch2/catch_test_macros.hpp>

#include "child_trainer/device.h"
#include "common/error.h"
#include "engine/transfer_options.h"
#include "tests/support/scoped_env.h"

namespace nas::engine {
namespace {

using tests::ScopedEnv;

TEST_CASE("rank place: the first host of a list of Slurm's", "[engine]") {
  CHECK(first_host("gpu03") == "gpu03");
  CHECK(first_host("gpu03,gpu04") == "gpu03");
  CHECK(first_host("gpu[03-05,9],login1") == "gpu03");
  CHECK(first_host("gpu[7,9]") == "gpu7");
  CHECK(first_host("rack1,gpu[7,9]") == "rack1");
  CHECK(first_host("gpu[7-9]-ib,gpu10-ib") == "gpu7-ib");
  CHECK(first_host("").empty());
}

// The environment of a task of srun.
struct Step {
  explicit Step(const char* rank, const char* tasks = "6")
      : step("SLURM_STEP_ID", "2"),
        number("SLURM_STEP_NUM_TASKS", tasks),
        all("SLURM_NTASKS", nullptr),
        process("SLURM_PROCID", rank),
        local("SLURM_LOCALID", "1"),
        job("SLURM_JOB_ID", "4711"),
        nodes("SLURM_STEP_NODELIST", "n[2-4]"),
        per_node("SLURM_STEP_TASKS_PER_NODE", "2(x3)") {}

  ScopedEnv step, number, all, process, local, job, nodes, per_node;
};

TEST_CASE("rank place: a task of a Slurm step is a rank", "[engine]") {
  const Step environment("5");
  const auto place = slurm_place("");
  REQUIRE(place.has_value());
  CHECK(place->rank == 5);
  CHECK(place->ranks == 6);
  CHECK(place->local_rank == 1);
  CHECK(place->local_ranks == 2);
  CHECK(place->meeting.host == "n2");
  CHECK(place->meeting.port > 1024);
  CHECK(place->meeting.port < 32768);
  CHECK(place->token == "slurm-4711.2");
  CHECK(slurm_place("other:1234")->meeting.text() == "other:1234");
  CHECK_THROWS_AS(slurm_place("nonsense"), common::UsageError);

  common::Options options = transfer_options();
  options.set("device", "cpu", "test");
  CHECK(devices_of_ranks(options, place).size() == 6);
  options.set("ranks", "4", "test");
  CHECK_THROWS_AS(devices_of_ranks(options, place), common::ConfigError);
  const ScopedEnv cores("SLURM_CPUS_PER_TASK", "3");
  CHECK(threads_of_rank(options, place->local_ranks) == 3);
}

TEST_CASE("rank place: one task, a batch script and no Slurm are no ranks", "[engine]") {
  {
    const Step environment("0", "1");
    CHECK_FALSE(slurm_place("").has_value());
  }
  const Step environment("0");
  const ScopedEnv script("SLURM_STEP_ID", nullptr);
  CHECK_FALSE(slurm_place("").has_value());
}

TEST_CASE("rank place: a training is continued with the ranks that are given now", "[engine]") {
  const auto continued = [](const char* name, const char* value,
                            const std::optional<RankPlace>& place = {}) {
    common::Options options = transfer_options();
    options.set("device", "cpu", "flag");
    options.set("ranks", "2", "flag");
    options.set("devices", "cpu,cpu", "flag");
    common::Options given = transfer_options();
    if (name != nullptr) given.set(name, value, "flag");
    if (name != nullptr) options.set(name, value, "flag");
    forget_former_ranks(options, given, place);
    return devices_of_ranks(options, place).size();
  };
  CHECK(continued(nullptr, nullptr) == 2);
  CHECK(continued("ranks", "5") == 5);
  CHECK(continued("ranks", "1") == 1);
  CHECK(continued("devices", "cpu,cpu,cpu") == 3);
  CHECK(continued(nullptr, nullptr, RankPlace{.ranks = 4}) == 4);
}

TEST_CASE("rank place: devices and ranks fit each other", "[engine]") {
  common::Options options = transfer_options();
  options.set("device", "cpu", "test");
  CHECK(devices_of_ranks(options, {}).size() == 1);
  options.set("ranks", "3", "test");
  CHECK(devices_of_ranks(options, {}) == std::vector<at::Device>(3, at::Device(at::kCPU)));
  CHECK(threads_of_rank(options, 1000) == 1);
  options.set("threads", "5", "test");
  CHECK(threads_of_rank(options, 3) == 5);
  options.set("devices", "cpu,cpu", "test");
  CHECK_THROWS_AS(devices_of_ranks(options, {}), common::ConfigError);
  options.set("ranks", "0", "test");
  CHECK(devices_of_ranks(options, {}).size() == 2);
  options.set("devices", "cuda:999", "test");
  CHECK_THROWS_AS(devices_of_ranks(options, {}), common::ConfigError);
  if (child_trainer::cuda_device_count() > 0) {
    options.set("devices", "cuda:0,cuda:0", "test");
    CHECK_THROWS_AS(devices_of_ranks(options, {}), common::ConfigError);
    options.set("devices", "cuda:0,cpu", "test");
    CHECK_THROWS_AS(devices_of_ranks(options, {}), common::ConfigError);
  }
}

}  // namespace
}  // namespace nas::engine
