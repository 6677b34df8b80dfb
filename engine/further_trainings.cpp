#include "engine/further_trainings.h"

#include <algorithm>

#include "engine/local_workers.h"
#include "engine/run_rows.h"
#include "engine/run_store.h"
#include "engine/signals.h"

namespace nas::engine {

namespace {

constexpr int kPauseMs = 100;

}  // namespace

bool train_further(const RunFolder& run, const common::Options& options, const std::string& kind,
                   int64_t epochs, const std::vector<Trial>& rows,
                   const std::function<void(int64_t done, int64_t count)>& show) {
  Store store = open_store(run);
  store.release_worker("");  // whoever holds a lease on this host is dead
  std::vector<Trial> added = rows;
  std::erase_if(added, [&](const Trial& row) { return store.trial(row.id).has_value(); });
  add_rows(run, store, added);
  const auto finished = [&] {
    int64_t done = 0;
    int64_t count = 0;
    bool all = true;
    for (const Trial& row : store.further()) {
      if (row.kind != kind) continue;
      all &= is_finished(row.state);
      if (row.to_epoch != epochs) continue;  // an earlier start asked for another number
      ++count;
      done += is_finished(row.state) ? 1 : 0;
    }
    if (count > 0) show(done, count);
    return all;
  };
  if (finished()) return true;
  LocalWorkers workers(run, options.integer("workers"), options.text("device"));
  while (!finished()) {
    if (stop_signal() != 0) return false;
    workers.look_after(store);
    workers.wait(kPauseMs);
  }
  return true;
}

}  // namespace nas::engine
