#include "common/machine.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace nas::common {

namespace fs = std::filesystem;

namespace {

// The smallest number in `file` of a group and of those around it. A group without a limit has
// "max" in it, or has no such file. In a container a group may be named as the host sees it, and
// lie at the mount itself, which is looked at as well.
double smallest_limit(const fs::path& mount, fs::path group, const char* file) {
  double smallest = std::numeric_limits<double>::infinity();
  for (;; group = group.parent_path()) {
    std::ifstream stream(mount / group / file);
    if (double bytes = 0; stream >> bytes) smallest = std::min(smallest, bytes);
    if (group.empty()) return smallest;
  }
}

}  // namespace

double machine_memory(const fs::path& root) {
  double memory =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  // "0::/group" of version 2, "5:cpu,memory:/group" of version 1; a group's name may hold colons.
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = fs::path(line.substr(second + 1)).relative_path();
    if (controllers == ",,") {
      memory = std::min(memory, smallest_limit(mount, group, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      memory = std::min(memory, smallest_limit(mount / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return memory;
}

}  // namespace nas::common
