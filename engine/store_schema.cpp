#include "engine/store_schema.h"

#include <soci/soci.h>

#include "common/error.h"

namespace nas::engine {

namespace {

constexpr const char* kVersion = "2";

constexpr const char* kMeta =
    "CREATE TABLE IF NOT EXISTS meta ("
    "run TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key))";

constexpr const char* kOtherTables[] = {
    "CREATE TABLE trials (run TEXT NOT NULL, id BIGINT NOT NULL, kind TEXT NOT NULL, "
    "choices TEXT NOT NULL, key TEXT NOT NULL, architecture TEXT NOT NULL, "
    "reused_from BIGINT NOT NULL, from_epoch BIGINT NOT NULL, to_epoch BIGINT NOT NULL, "
    "attempt BIGINT NOT NULL, state TEXT NOT NULL, worker TEXT NOT NULL, lease TEXT NOT NULL, "
    "lease_until DOUBLE PRECISION NOT NULL DEFAULT 0, reward DOUBLE PRECISION, "
    "reason TEXT NOT NULL, metrics TEXT NOT NULL, files TEXT NOT NULL, "
    "seconds DOUBLE PRECISION NOT NULL, PRIMARY KEY (run, id))",
    "CREATE INDEX trials_by_state ON trials (run, state, id)",
    "CREATE TABLE events (run TEXT NOT NULL, time DOUBLE PRECISION NOT NULL, "
    "kind TEXT NOT NULL, trial BIGINT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE strategy (run TEXT PRIMARY KEY, proposed BIGINT NOT NULL, state TEXT NOT NULL)"};

// Whether the tables have a version, which is then that of this program.
bool has_version(soci::session& session) {
  // Without its run, which is '': the first version's tables knew of none.
  std::string version;
  session << "SELECT value FROM meta WHERE key = 'schema'", soci::into(version);
  if (!session.got_data()) return false;
  if (version != kVersion) {
    throw common::ConfigError({.where = "store",
                               .what = "the run was written by another version of nas",
                               .got = "schema " + version,
                               .expected = std::string("schema ") + kVersion,
                               .hint = "the version that wrote it, or a new --run"});
  }
  return true;
}

}  // namespace

void make_tables(soci::session& session, const StoreBackend& backend) {
  if (!backend.prepare.empty()) session << backend.prepare;
  soci::transaction transaction(session);
  if (!backend.alone.empty()) session << backend.alone;
  session << kMeta;
  if (!has_version(session)) {
    for (const char* table : kOtherTables) session << table;
    const std::string version = kVersion;
    session << "INSERT INTO meta (run, key, value) VALUES ('', 'schema', :version)",
        soci::use(version);
  }
  transaction.commit();
}

bool has_tables(soci::session& session, const StoreBackend& backend) {
  long long tables = 0;
  session << backend.has_meta, soci::into(tables);
  return tables > 0 && has_version(session);
}

}  // namespace nas::engine
