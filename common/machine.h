// What this process may use of the machine.
#pragma once

#include <filesystem>

namespace nas::common {

// Bytes of memory: the machine's, or what a container or a batch system leaves of it (cgroups,
// version 1 or 2). Tests have a `root` of their own, which holds proc/ and sys/.
double machine_memory(const std::filesystem::path& root = "/");

}  // namespace nas::common
