#include "engine/store.h"

#include <soci/soci.h>

#include <random>

#include "common/error.h"
#include "common/text.h"

namespace nas::engine {

using common::Json;

namespace {

constexpr const char* kSchemaVersion = "1";

const StoreBackend& backend_of(const std::string& url) {
  std::vector<std::string> prefixes;
  for (const auto& [name, entry] : common::Registry<StoreBackend>::entries()) {
    if (common::starts_with(url, entry.plugin.prefix)) return entry.plugin;
    prefixes.push_back(entry.plugin.prefix);
  }
  throw common::ConfigError({.where = "store",
                             .what = "unknown store URL",
                             .got = "'" + url + "'",
                             .expected = "one that begins with " + common::join(prefixes, " or ")});
}

// Unique to a claim, so that two claims of one trial never share it.
std::string new_lease() {
  std::random_device device;
  return std::to_string((static_cast<uint64_t>(device()) << 32) ^ device());
}

// Every column is read as text: SOCI's types differ between databases.
constexpr const char* kColumns =
    "id, kind, choices, key, architecture, reused_from, from_epoch, to_epoch, attempt, state, "
    "worker, lease, reward, "
    "reason, metrics, files, seconds";

struct RowTexts {
  long long id = 0, reused_from = -1, from_epoch = 0, to_epoch = 0, attempt = 0;
  std::string kind, choices, key, architecture, state, worker, lease, reason, metrics, files;
  double reward = 0, seconds = 0;
  soci::indicator reward_there = soci::i_null;
};

RowTexts texts_of(const Trial& trial) {
  RowTexts row;
  row.id = trial.id;
  row.kind = trial.kind;
  row.choices = Json(trial.choices).dump();
  row.key = trial.key;
  row.architecture = search_space::to_json(trial.architecture).dump();
  row.reused_from = trial.reused_from.value_or(-1);
  row.from_epoch = trial.from_epoch;
  row.to_epoch = trial.to_epoch;
  row.attempt = trial.attempt;
  row.state = state_text(trial.state);
  row.worker = trial.worker;
  row.lease = trial.lease;
  row.reward = trial.reward.value_or(0.0);
  row.reward_there = trial.reward ? soci::i_ok : soci::i_null;
  row.reason = trial.reason;
  row.metrics = trial.metrics.dump();
  row.files = trial.files.dump();
  row.seconds = trial.seconds;
  return row;
}

Trial trial_of(const RowTexts& row) {
  Trial trial;
  trial.id = row.id;
  trial.kind = row.kind;
  trial.choices = common::parse_json(row.choices, "store").get<search_space::Choices>();
  trial.key = row.key;
  trial.architecture =
      search_space::architecture_from_json(common::parse_json(row.architecture, "store"), "store");
  if (row.reused_from >= 0) trial.reused_from = row.reused_from;
  trial.from_epoch = row.from_epoch;
  trial.to_epoch = row.to_epoch;
  trial.attempt = row.attempt;
  trial.state = state_from_text(row.state);
  trial.worker = row.worker;
  trial.lease = row.lease;
  if (row.reward_there == soci::i_ok) trial.reward = row.reward;
  trial.reason = row.reason;
  trial.metrics = common::parse_json(row.metrics, "store");
  trial.files = common::parse_json(row.files, "store");
  trial.seconds = row.seconds;
  return trial;
}

}  // namespace

template <class F>
auto Store::guarded(F work) {
  try {
    return work();
  } catch (const soci::soci_error& error) {
    const std::string text = error.what();
    const bool full =
        text.find("full") != std::string::npos || text.find("disk I/O") != std::string::npos;
    throw common::SystemError(
        {.where = "store",
         .what = "the run's database failed",
         .got = text,
         .hint = full ? "free some disk space, then give the same command again" : ""});
  }
}

Store::Store(const std::string& url) : backend_(&backend_of(url)) {
  guarded([&] { session_ = backend_->open(url.substr(backend_->prefix.size())); });
  create_tables();
}

Store::~Store() = default;

void Store::create_tables() {
  guarded([&] {
    soci::session& sql = *session_;
    sql << "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)";
    const std::string version = meta("schema");
    if (!version.empty() && version != kSchemaVersion) {
      throw common::ConfigError({.where = "store",
                                 .what = "the run was written by another version of nas",
                                 .got = "schema " + version,
                                 .expected = std::string("schema ") + kSchemaVersion,
                                 .hint = "the version that wrote it, or a new --run"});
    }
    if (!version.empty()) return;
    soci::transaction transaction(sql);
    sql << "CREATE TABLE IF NOT EXISTS trials (id BIGINT PRIMARY KEY, kind TEXT NOT NULL, choices "
           "TEXT NOT NULL, "
           "key TEXT NOT NULL, architecture TEXT NOT NULL, reused_from BIGINT NOT NULL, from_epoch "
           "BIGINT NOT NULL, "
           "to_epoch BIGINT NOT NULL, attempt BIGINT NOT NULL, state TEXT NOT NULL, worker TEXT "
           "NOT NULL, "
           "lease TEXT NOT NULL, lease_until DOUBLE PRECISION NOT NULL DEFAULT 0, reward DOUBLE "
           "PRECISION, "
           "reason TEXT NOT NULL, metrics TEXT NOT NULL, files TEXT NOT NULL, seconds DOUBLE "
           "PRECISION NOT NULL)";
    sql << "CREATE INDEX IF NOT EXISTS trials_by_state ON trials (state, id)";
    sql << "CREATE TABLE IF NOT EXISTS events (time DOUBLE PRECISION NOT NULL, kind TEXT NOT NULL, "
           "trial BIGINT NOT NULL, "
           "text TEXT NOT NULL)";
    sql << "CREATE TABLE IF NOT EXISTS strategy (id BIGINT PRIMARY KEY, proposed BIGINT NOT NULL, "
           "state TEXT NOT NULL)";
    transaction.commit();
    set_meta("schema", kSchemaVersion);
  });
}

std::vector<Trial> Store::select(const std::string& condition, int64_t id) {
  return guarded([&] {
    std::vector<Trial> trials;
    RowTexts row;
    const long long wanted = id;
    soci::statement statement =
        (session_->prepare << std::string("SELECT ") + kColumns + " FROM trials WHERE " +
                                  condition + " ORDER BY id",
         soci::use(wanted), soci::into(row.id), soci::into(row.kind), soci::into(row.choices),
         soci::into(row.key), soci::into(row.architecture), soci::into(row.reused_from),
         soci::into(row.from_epoch), soci::into(row.to_epoch), soci::into(row.attempt),
         soci::into(row.state), soci::into(row.worker), soci::into(row.lease),
         soci::into(row.reward, row.reward_there), soci::into(row.reason), soci::into(row.metrics),
         soci::into(row.files), soci::into(row.seconds));
    statement.execute();
    while (statement.fetch()) trials.push_back(trial_of(row));
    return trials;
  });
}

std::vector<Trial> Store::trials() { return select("id >= :id", 0); }

std::optional<Trial> Store::trial(int64_t id) {
  auto found = select("id = :id", id);
  return found.empty() ? std::nullopt : std::optional<Trial>(std::move(found.front()));
}

void Store::insert(const Trial& trial) {
  guarded([&] {
    RowTexts row = texts_of(trial);
    *session_ << std::string("INSERT INTO trials (") + kColumns +
                     ") VALUES (:id, :kind, :choices, :key, :architecture, :reused, :from, :to, "
                     ":attempt, :state, :worker, "
                     ":lease, :reward, :reason, :metrics, :files, :seconds)",
        soci::use(row.id), soci::use(row.kind), soci::use(row.choices), soci::use(row.key),
        soci::use(row.architecture), soci::use(row.reused_from), soci::use(row.from_epoch),
        soci::use(row.to_epoch), soci::use(row.attempt), soci::use(row.state),
        soci::use(row.worker), soci::use(row.lease), soci::use(row.reward, row.reward_there),
        soci::use(row.reason), soci::use(row.metrics), soci::use(row.files), soci::use(row.seconds);
  });
}

std::optional<Trial> Store::claim(const std::string& worker, double lease_seconds) {
  const auto claimed = guarded([&]() -> std::optional<int64_t> {
    const std::string lease = new_lease();
    long long id = -1;
    *session_
        << "UPDATE trials SET state = 'LEASED', worker = :worker, lease = :lease, lease_until = " +
               backend_->now +
               " + :seconds WHERE id = (SELECT id FROM trials WHERE state = 'WAITING' ORDER BY id "
               "LIMIT 1" +
               backend_->skip_locked + ") AND state = 'WAITING' RETURNING id",
        soci::use(worker), soci::use(lease), soci::use(lease_seconds), soci::into(id);
    if (!session_->got_data() || id < 0) return std::nullopt;
    return id;
  });
  return claimed ? trial(*claimed) : std::nullopt;
}

bool Store::renew(const Trial& trial, double lease_seconds) {
  return guarded([&] {
    const long long id = trial.id;
    soci::statement statement =
        (session_->prepare
             << "UPDATE trials SET lease_until = " + backend_->now +
                    " + :seconds WHERE id = :id AND lease = :lease AND state = 'LEASED'",
         soci::use(lease_seconds), soci::use(id), soci::use(trial.lease));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
}

bool Store::finish(const Trial& trial) {
  return guarded([&] {
    RowTexts row = texts_of(trial);
    soci::statement statement =
        (session_->prepare << "UPDATE trials SET state = :state, reward = :reward, reason = "
                              ":reason, metrics = :metrics, "
                              "files = :files, seconds = :seconds, attempt = :attempt "
                              "WHERE id = :id AND lease = :lease AND state = 'LEASED'",
         soci::use(row.state), soci::use(row.reward, row.reward_there), soci::use(row.reason),
         soci::use(row.metrics), soci::use(row.files), soci::use(row.seconds),
         soci::use(row.attempt), soci::use(row.id), soci::use(row.lease));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
}

bool Store::put_back(const Trial& trial, bool count_attempt) {
  return guarded([&] {
    const long long id = trial.id;
    const long long added = count_attempt ? 1 : 0;
    soci::statement statement =
        (session_->prepare
             << "UPDATE trials SET state = 'WAITING', lease = '', attempt = attempt + :added "
                "WHERE id = :id AND lease = :lease AND state = 'LEASED'",
         soci::use(added), soci::use(id), soci::use(trial.lease));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
}

int64_t Store::release_worker(const std::string& worker) {
  return guarded([&] {
    soci::statement statement =
        (session_->prepare
             << "UPDATE trials SET state = 'WAITING', lease = '' WHERE state = 'LEASED' AND "
                "(:all = '' OR worker = :worker)",
         soci::use(worker, "all"), soci::use(worker, "worker"));
    statement.execute(true);
    return static_cast<int64_t>(statement.get_affected_rows());
  });
}

int64_t Store::release_expired() {
  return guarded([&] {
    soci::statement statement =
        (session_->prepare << "UPDATE trials SET state = 'WAITING', lease = '' WHERE "
                              "state = 'LEASED' AND lease_until < " +
                                  backend_->now);
    statement.execute(true);
    return static_cast<int64_t>(statement.get_affected_rows());
  });
}

void Store::update_files(int64_t id, const Json& files) {
  guarded([&] {
    const long long row = id;
    const std::string text = files.dump();
    *session_ << "UPDATE trials SET files = :files WHERE id = :id", soci::use(text), soci::use(row);
  });
}

void Store::save_strategy(const StrategyState& state) {
  guarded([&] {
    soci::transaction transaction(*session_);
    const long long proposed = state.proposed;
    *session_ << "DELETE FROM strategy";
    *session_ << "INSERT INTO strategy (id, proposed, state) VALUES (1, :proposed, :state)",
        soci::use(proposed), soci::use(state.state);
    transaction.commit();
  });
}

std::optional<StrategyState> Store::load_strategy() {
  return guarded([&]() -> std::optional<StrategyState> {
    long long proposed = 0;
    std::string state;
    *session_ << "SELECT proposed, state FROM strategy WHERE id = 1", soci::into(proposed),
        soci::into(state);
    if (!session_->got_data()) return std::nullopt;
    return StrategyState{.proposed = proposed, .state = state};
  });
}

void Store::add_event(const std::string& kind, int64_t trial, const std::string& text) {
  guarded([&] {
    const long long id = trial;
    *session_ << "INSERT INTO events (time, kind, trial, text) VALUES (" + backend_->now +
                     ", :kind, :trial, :text)",
        soci::use(kind), soci::use(id), soci::use(text);
  });
}

void Store::set_meta(const std::string& key, const std::string& value) {
  guarded([&] {
    soci::transaction transaction(*session_);
    *session_ << "DELETE FROM meta WHERE key = :key", soci::use(key);
    *session_ << "INSERT INTO meta (key, value) VALUES (:key, :value)", soci::use(key),
        soci::use(value);
    transaction.commit();
  });
}

std::string Store::meta(const std::string& key) {
  return guarded([&] {
    std::string value;
    *session_ << "SELECT value FROM meta WHERE key = :key", soci::use(key), soci::into(value);
    return session_->got_data() ? value : std::string();
  });
}

}  // namespace nas::engine
