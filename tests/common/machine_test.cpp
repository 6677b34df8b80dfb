#include "common/machine.h"

#include <catch2/catch_test_macros.hpp>

#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::common {
namespace {

using tests::TempDir;

// A machine whose process is in the groups of `lines`.
class Machine {
 public:
  explicit Machine(const std::string& lines) { write("proc/self/cgroup", lines); }
  void write(const std::string& file, const std::string& text) const {
    write_file_atomically(dir_.path() / file, text);
  }
  void limit(const std::string& file, const std::string& text) const {
    write("sys/fs/cgroup/" + file, text + "\n");
  }
  double memory() const { return machine_memory(dir_.path()); }

 private:
  TempDir dir_;
};

double without_groups() {
  const TempDir empty;
  return machine_memory(empty.path());
}

TEST_CASE("machine: memory is what the machine has, or less", "[common]") {
  CHECK(without_groups() > 1e8);
  CHECK(machine_memory() > 1e7);
  CHECK(machine_memory() <= without_groups());
}

TEST_CASE("machine: the group's limit counts, and those of the groups around it", "[common]") {
  const Machine machine("0::/job/step:1/task\n");
  CHECK(machine.memory() == without_groups());
  machine.limit("job/step:1/task/memory.max", "max");
  CHECK(machine.memory() == without_groups());
  machine.limit("job/memory.max", "70000000");
  CHECK(machine.memory() == 7e7);
  machine.limit("job/step:1/memory.max", "60000000");
  CHECK(machine.memory() == 6e7);
  machine.limit("job/step:1/task/memory.max", "80000000");
  CHECK(machine.memory() == 6e7);
  machine.limit("memory.max", "50000000");
  CHECK(machine.memory() == 5e7);
  machine.limit("other/memory.max", "1000");
  CHECK(machine.memory() == 5e7);
}

TEST_CASE("machine: a container sees its own group at the mount", "[common]") {
  for (const std::string path : {"/", "/docker/0123abc", "/../other"}) {
    CAPTURE(path);
    const Machine machine("0::" + path + "\n");
    machine.limit("memory.max", "50000000");
    CHECK(machine.memory() == 5e7);
  }
}

TEST_CASE("machine: groups of version 1", "[common]") {
  const Machine machine("3:cpu,cpuacct:/job\n2:hugetlb,memory:/job/step\n1:name=systemd:/job\n");
  machine.limit("memory/job/step/memory.limit_in_bytes", "9223372036854771712");  // none
  machine.limit("cpu,cpuacct/job/memory.limit_in_bytes", "1000");
  machine.limit("job/memory.max", "1000");
  CHECK(machine.memory() == without_groups());
  machine.limit("memory/job/memory.limit_in_bytes", "60000000");
  CHECK(machine.memory() == 6e7);
}

TEST_CASE("machine: lines that make no sense are passed over", "[common]") {
  const Machine machine("\nno colons\none:colon\n0::/job\n");
  machine.limit("job/memory.max", "60000000");
  CHECK(machine.memory() == 6e7);
}

}  // namespace
}  // namespace nas::common
