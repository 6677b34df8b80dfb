// The transactional store of a run: the only channel between the coordinator and its workers.
//
// A worker claims a waiting trial and gets a lease; every later write of it carries the lease, so
// that the write of a worker that was given up is refused. A row that names a file is committed
// after the file. One database serves several runs, which never see each other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/registry.h"
#include "engine/trial.h"

namespace soci {
class session;
}

namespace nas::engine {

// A kind of database. One file each in engine/stores/.
struct StoreBackend {
  static constexpr const char* kKind = "store";
  std::string name;
  std::string summary;
  std::string prefix;  // of its URLs: "sqlite:", "postgresql:"
  // Throws ConfigError or SystemError where open() would, as far as that can be known without
  // making anything.
  void (*check)(const std::string& address) = nullptr;
  // Opens a session and prepares it (pragmas); changes nothing in a database. Throws SystemError.
  std::unique_ptr<soci::session> (*open)(const std::string& address) = nullptr;
  // Whether open() finds a database; where it is null, open() makes none.
  bool (*exists)(const std::string& address) = nullptr;
  std::string prepare;      // SQL, "" for none: before tables are made
  std::string has_meta;     // SQL: how many tables `meta` there are
  std::string now;          // SQL: seconds since 1970, by the database's clock
  std::string skip_locked;  // SQL behind the inner SELECT of a claim
  std::string alone;  // SQL, "" for none: the rest of the transaction waits for others' like it
};

struct StrategyState {
  int64_t proposed =
      0;  // it stood so before it proposed this trial, and had observed all that it then may
  std::string state;
};

class Store {
 public:
  // The part of `run` in "sqlite:PATH" or "postgresql:CONNECTION". Makes the tables where they are
  // missing. Throws ConfigError (a network file system, another schema version), SystemError (disk
  // full, no access). The store of a run folder: open_store() in engine/run_store.h.
  Store(const std::string& url, std::string run);
  // The same of a run that is there already; makes nothing. Empty where there is no database, or
  // none that has the tables and knows the run.
  static std::optional<Store> find(const std::string& url, std::string run);
  Store(Store&& other) noexcept;
  ~Store();

  // All throw SystemError when the database cannot be read or written, DataError when it is
  // damaged.
  std::vector<Trial> trials();   // the proposals
  std::vector<Trial> further();  // further trainings of them, by id
  std::optional<Trial> trial(int64_t id);
  void insert(const Trial& trial);
  void insert_all(const std::vector<Trial>& trials);  // or none

  // For workers. What is trained longest is claimed first, and of equals the one with the lowest
  // id: a promotion before another child.
  std::optional<Trial> claim(const std::string& worker, double lease_seconds);
  bool renew(const Trial& trial, double lease_seconds);  // false: given to another
  // Writes state, reward, reason, metrics, files and seconds of `trial`; false: refused.
  bool finish(const Trial& trial);
  bool put_back(const Trial& trial, bool count_attempt);

  // For the coordinator: leases of this worker (empty: of all) go back to waiting, no attempt
  // added.
  int64_t release_worker(const std::string& worker);
  int64_t release_expired();
  void update_files(int64_t id, const common::Json& files);

  void save_strategy(const StrategyState& state);
  std::optional<StrategyState> load_strategy();

  void add_event(const std::string& kind, int64_t trial, const std::string& text);
  void set_meta(const std::string& key, const std::string& value);
  std::string meta(const std::string& key);  // empty when not set

 private:
  Store(const StoreBackend& backend, const std::string& url, std::string run);  // no session yet

  bool knows_run();
  std::vector<Trial> select(const std::string& condition, int64_t id);

  const StoreBackend* backend_;
  std::string where_;  // for messages
  std::string run_;
  std::unique_ptr<soci::session> session_;
};

// Makes nothing. Throws ConfigError when no back end has the URL's prefix, and what Store() would.
void check_store(const std::string& url);

}  // namespace nas::engine
