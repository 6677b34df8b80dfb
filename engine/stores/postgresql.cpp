#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "engine/store.h"

namespace nas::engine {
namespace {

std::unique_ptr<soci::session> open(const std::string& address) {
  auto session = std::make_unique<soci::session>(soci::postgresql, address);
  // "relation exists, skipping" is no news.
  *session << "SET client_min_messages = warning";
  // Rewards come back bit for bit; before version 12 that has to be asked for.
  *session << "SET extra_float_digits = 3";
  return session;
}

void check(const std::string& address) { open(address); }

const common::Register<StoreBackend> kRegister{{.name = "postgresql",
                                                .summary = "A server: workers on several hosts",
                                                .prefix = "postgresql:",
                                                .check = check,
                                                .open = open,
                                                .prepare = "",
                                                .has_meta =
                                                    "SELECT count(*) FROM pg_class WHERE oid = "
                                                    "to_regclass('meta')",
                                                .now = "extract(epoch from clock_timestamp())",
                                                .skip_locked = " FOR UPDATE SKIP LOCKED",
                                                // CREATE TABLE IF NOT EXISTS fails where two meet.
                                                .alone = "SELECT pg_advisory_xact_lock(31337)"}};

}  // namespace
}  // namespace nas::engine
