#include "engine/store.h"

#include <random>

#include "common/error.h"
#include "common/text.h"
#include "engine/store_failure.h"
#include "engine/store_schema.h"
#include "engine/trial_row.h"

namespace nas::engine {

namespace {

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

constexpr const char* kColumns =
    "id, kind, choices, key, architecture, reused_from, from_epoch, to_epoch, attempt, state, "
    "worker, lease, reward, reason, metrics, files, seconds";

// What a database is called in messages: a connection may have a password.
std::string shown(const StoreBackend& backend, const std::string& url) {
  return backend.exists != nullptr ? url : "store " + backend.name;
}

template <class F>
auto guarded(const std::string& where, F work) {
  try {
    return work();
  } catch (const soci::soci_error& error) {
    throw_store_failure(where, error);
  }
}

}  // namespace

void check_store(const std::string& url) {
  const StoreBackend& backend = backend_of(url);
  guarded(shown(backend, url), [&] { backend.check(url.substr(backend.prefix.size())); });
}

Store::Store(const StoreBackend& backend, const std::string& url, std::string run)
    : backend_(&backend), where_(shown(backend, url)), run_(std::move(run)) {}

Store::Store(const std::string& url, std::string run)
    : Store(backend_of(url), url, std::move(run)) {
  guarded(where_, [&] {
    session_ = backend_->open(url.substr(backend_->prefix.size()));
    make_tables(*session_, *backend_);
  });
}

std::optional<Store> Store::find(const std::string& url, std::string run) {
  Store store(backend_of(url), url, std::move(run));
  const std::string address = url.substr(store.backend_->prefix.size());
  if (store.backend_->exists != nullptr && !store.backend_->exists(address)) return std::nullopt;
  const bool there = guarded(store.where_, [&] {
    store.session_ = store.backend_->open(address);
    return has_tables(*store.session_, *store.backend_) && store.knows_run();
  });
  return there ? std::optional<Store>(std::move(store)) : std::nullopt;
}

bool Store::knows_run() {
  long long rows = 0;
  *session_ << "SELECT (SELECT count(*) FROM meta WHERE run = :run) + "
               "(SELECT count(*) FROM trials WHERE run = :run)",
      soci::use(run_, "run"), soci::into(rows);
  return rows > 0;
}

Store::Store(Store&& other) noexcept = default;
Store::~Store() = default;

std::vector<Trial> Store::select(const std::string& condition, int64_t id) {
  return guarded(where_, [&] {
    std::vector<Trial> trials;
    TrialRow row;
    const long long wanted = id;
    soci::statement statement =
        (session_->prepare << std::string("SELECT ") + kColumns +
                                  " FROM trials WHERE run = :run AND " + condition + " ORDER BY id",
         soci::use(run_), soci::use(wanted), soci::into(row.id), soci::into(row.kind),
         soci::into(row.choices), soci::into(row.key), soci::into(row.architecture),
         soci::into(row.reused_from), soci::into(row.from_epoch), soci::into(row.to_epoch),
         soci::into(row.attempt), soci::into(row.state), soci::into(row.worker),
         soci::into(row.lease), soci::into(row.reward, row.reward_there), soci::into(row.reason),
         soci::into(row.metrics), soci::into(row.files), soci::into(row.seconds));
    statement.execute();
    while (statement.fetch()) trials.push_back(trial_of(row));
    return trials;
  });
}

std::vector<Trial> Store::trials() { return select("id < :id", kFirstFurther); }
std::vector<Trial> Store::further() { return select("id >= :id", kFirstFurther); }

std::optional<Trial> Store::trial(int64_t id) {
  auto found = select("id = :id", id);
  return found.empty() ? std::nullopt : std::optional<Trial>(std::move(found.front()));
}

void Store::insert(const Trial& trial) {
  guarded(where_, [&] {
    TrialRow row = row_of(trial);
    *session_ << std::string("INSERT INTO trials (run, ") + kColumns +
                     ") VALUES (:run, :id, :kind, :choices, :key, :architecture, :reused, :from, "
                     ":to, :attempt, :state, :worker, :lease, :reward, :reason, :metrics, :files, "
                     ":seconds)",
        soci::use(run_), soci::use(row.id), soci::use(row.kind), soci::use(row.choices),
        soci::use(row.key), soci::use(row.architecture), soci::use(row.reused_from),
        soci::use(row.from_epoch), soci::use(row.to_epoch), soci::use(row.attempt),
        soci::use(row.state), soci::use(row.worker), soci::use(row.lease),
        soci::use(row.reward, row.reward_there), soci::use(row.reason), soci::use(row.metrics),
        soci::use(row.files), soci::use(row.seconds);
  });
}

void Store::insert_all(const std::vector<Trial>& trials) {
  guarded(where_, [&] {
    soci::transaction transaction(*session_);
    for (const auto& trial : trials) insert(trial);
    transaction.commit();
  });
}

std::optional<Trial> Store::claim(const std::string& worker, double lease_seconds) {
  const auto claimed = guarded(where_, [&]() -> std::optional<int64_t> {
    const std::string lease = new_lease();
    long long id = -1;
    *session_ << "UPDATE trials SET state = 'LEASED', worker = :worker, lease = :lease, "
                 "lease_until = " +
                     backend_->now +
                     " + :seconds WHERE run = :run AND state = 'WAITING' AND id = "
                     "(SELECT id FROM trials WHERE run = :run AND state = 'WAITING' "
                     "ORDER BY to_epoch DESC, id LIMIT 1" +
                     backend_->skip_locked + ") RETURNING id",
        soci::use(worker, "worker"), soci::use(lease, "lease"), soci::use(lease_seconds, "seconds"),
        soci::use(run_, "run"), soci::into(id);
    if (!session_->got_data() || id < 0) return std::nullopt;
    return id;
  });
  return claimed ? trial(*claimed) : std::nullopt;
}

bool Store::renew(const Trial& trial, double lease_seconds) {
  return guarded(where_, [&] {
    const long long id = trial.id;
    soci::statement statement =
        (session_->prepare << "UPDATE trials SET lease_until = " + backend_->now +
                                  " + :seconds WHERE run = :run AND id = :id AND lease = :lease "
                                  "AND state = 'LEASED'",
         soci::use(lease_seconds), soci::use(run_), soci::use(id), soci::use(trial.lease));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
}

bool Store::finish(const Trial& trial) {
  return guarded(where_, [&] {
    TrialRow row = row_of(trial);
    soci::statement statement =
        (session_->prepare << "UPDATE trials SET state = :state, reward = :reward, "
                              "reason = :reason, metrics = :metrics, files = :files, "
                              "seconds = :seconds, attempt = :attempt "
                              "WHERE run = :run AND id = :id AND lease = :lease "
                              "AND state = 'LEASED'",
         soci::use(row.state), soci::use(row.reward, row.reward_there), soci::use(row.reason),
         soci::use(row.metrics), soci::use(row.files), soci::use(row.seconds),
         soci::use(row.attempt), soci::use(run_), soci::use(row.id), soci::use(row.lease));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
}

bool Store::put_back(const Trial& trial, bool count_attempt) {
  return guarded(where_, [&] {
    const long long id = trial.id;
    const long long added = count_attempt ? 1 : 0;
    soci::statement statement =
        (session_->prepare
             << "UPDATE trials SET state = 'WAITING', lease = '', attempt = attempt + :added "
                "WHERE run = :run AND id = :id AND lease = :lease AND state = 'LEASED'",
         soci::use(added), soci::use(run_), soci::use(id), soci::use(trial.lease));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
}

int64_t Store::release_worker(const std::string& worker) {
  return guarded(where_, [&] {
    soci::statement statement =
        (session_->prepare << "UPDATE trials SET state = 'WAITING', lease = '' WHERE run = :run "
                              "AND state = 'LEASED' AND (:worker = '' OR worker = :worker)",
         soci::use(run_, "run"), soci::use(worker, "worker"));
    statement.execute(true);
    return static_cast<int64_t>(statement.get_affected_rows());
  });
}

int64_t Store::release_expired() {
  return guarded(where_, [&] {
    soci::statement statement =
        (session_->prepare << "UPDATE trials SET state = 'WAITING', lease = '' WHERE run = :run "
                              "AND state = 'LEASED' AND lease_until < " +
                                  backend_->now,
         soci::use(run_));
    statement.execute(true);
    return static_cast<int64_t>(statement.get_affected_rows());
  });
}

void Store::update_files(int64_t id, const common::Json& files) {
  guarded(where_, [&] {
    const long long row = id;
    const std::string text = files.dump();
    *session_ << "UPDATE trials SET files = :files WHERE run = :run AND id = :id", soci::use(text),
        soci::use(run_), soci::use(row);
  });
}

void Store::save_strategy(const StrategyState& state) {
  guarded(where_, [&] {
    const long long proposed = state.proposed;
    *session_ << "INSERT INTO strategy (run, proposed, state) VALUES (:run, :proposed, :state) "
                 "ON CONFLICT (run) DO UPDATE SET proposed = excluded.proposed, "
                 "state = excluded.state",
        soci::use(run_), soci::use(proposed), soci::use(state.state);
  });
}

std::optional<StrategyState> Store::load_strategy() {
  return guarded(where_, [&]() -> std::optional<StrategyState> {
    long long proposed = 0;
    std::string state;
    *session_ << "SELECT proposed, state FROM strategy WHERE run = :run", soci::use(run_),
        soci::into(proposed), soci::into(state);
    if (!session_->got_data()) return std::nullopt;
    return StrategyState{.proposed = proposed, .state = state};
  });
}

void Store::add_event(const std::string& kind, int64_t trial, const std::string& text) {
  guarded(where_, [&] {
    const long long id = trial;
    *session_ << "INSERT INTO events (run, time, kind, trial, text) VALUES (:run, " +
                     backend_->now + ", :kind, :trial, :text)",
        soci::use(run_), soci::use(kind), soci::use(id), soci::use(text);
  });
}

void Store::set_meta(const std::string& key, const std::string& value) {
  guarded(where_, [&] {
    *session_ << "INSERT INTO meta (run, key, value) VALUES (:run, :key, :value) "
                 "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
        soci::use(run_), soci::use(key), soci::use(value);
  });
}

std::string Store::meta(const std::string& key) {
  return guarded(where_, [&] {
    std::string value;
    *session_ << "SELECT value FROM meta WHERE run = :run AND key = :key", soci::use(run_),
        soci::use(key), soci::into(value);
    return session_->got_data() ? value : std::string();
  });
}

}  // namespace nas::engine
