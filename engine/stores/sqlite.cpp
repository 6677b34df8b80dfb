#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>

#include "common/error.h"
#include "common/file.h"
#include "engine/store.h"

namespace nas::engine {
namespace {

void check(const std::string& address) {
  if (address.empty() || address == ":memory:") {
    throw common::ConfigError({.where = "store",
                               .what = "SQLite needs a file that all processes of the run can open",
                               .got = "'sqlite:" + address + "'",
                               .expected = "sqlite:FILE"});
  }
  const std::filesystem::path folder = std::filesystem::absolute(address).parent_path();
  if (common::on_network_file_system(folder)) {
    throw common::ConfigError({.where = "store",
                               .what = "SQLite's locks do not hold on a network file system",
                               .got = folder.string(),
                               .hint = "a run folder on a local disk, or --store postgresql:…"});
  }
}

std::unique_ptr<soci::session> open(const std::string& address) {
  check(address);
  auto session =
      std::make_unique<soci::session>(soci::sqlite3, "dbname=\"" + address + "\" timeout=60");
  // A killed process loses nothing; a power cut may lose the last commits, never the database.
  *session << "PRAGMA synchronous = NORMAL";
  return session;
}

bool exists(const std::string& address) {
  std::error_code no_access;
  return std::filesystem::exists(address, no_access);
}

const common::Register<StoreBackend> kRegister{
    {.name = "sqlite",
     .summary = "A file in the run folder: one host, local disk",
     .prefix = "sqlite:",
     .check = check,
     .open = open,
     .exists = exists,
     .prepare = "PRAGMA journal_mode = WAL",  // the file keeps it
     .has_meta = "SELECT count(*) FROM sqlite_master WHERE name = 'meta'",
     .now = "((julianday('now') - 2440587.5) * 86400.0)",
     .skip_locked = "",
     .alone = ""}};

}  // namespace
}  // namespace nas::engine
