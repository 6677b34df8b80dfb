#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "engine/store.h"

namespace nas::engine {
namespace {

std::unique_ptr<soci::session> open(const std::string& address) {
  return std::make_unique<soci::session>(soci::postgresql, address);
}

const common::Register<StoreBackend> kRegister{{.name = "postgresql",
                                                .summary = "A server: workers on several hosts",
                                                .prefix = "postgresql:",
                                                .open = open,
                                                .now = "extract(epoch from clock_timestamp())",
                                                .skip_locked = " FOR UPDATE SKIP LOCKED"}};

}  // namespace
}  // namespace nas::engine
