#include "engine/run_result.h"

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "engine/best_settings.h"
#include "engine/report.h"
#include "engine/run_store.h"
#include "engine/run_supernet.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

// With shared weights those of any network can be had, whichever --keep has left.
void write_shared_weights(const RunFolder& run, const common::Options& options,
                          const search_space::Architecture& architecture, const fs::path& file) {
  child_trainer::set_threads(1);  // the statistics of its batch norms must not depend on how many
  try {
    const auto supernet = open_supernet(run, options, at::kCPU);
    write_weights(*supernet->subnetwork(architecture), file);
  } catch (const common::DataError& error) {
    common::log_warning(std::string("no weights of the winner: ") + error.what());
  }
}

void write_best(const RunFolder& run, const common::Options& options, const Winner& winner) {
  const Trial& best = winner.trial;
  common::write_file_atomically(run.best() / "architecture.json",
                                search_space::to_json(best.architecture).dump(2) + "\n");
  const fs::path weights = run.best() / "weights.safetensors";
  fs::remove(weights);  // of an earlier winner
  // Of the training that won, or where these were not kept of its repeat.
  for (const int64_t id : {winner.row, repeat_of(best, 1).id}) {
    const fs::path source = run.trial(id) / "weights.safetensors";
    if (!fs::exists(weights) && fs::exists(source))
      common::write_file_atomically(weights, common::read_file(source));
  }
  if (!fs::exists(weights) && SupernetSchedule(options).is_whole(best.id))
    write_shared_weights(run, options, best.architecture, weights);
  const common::Json json = {{"trial", best.id},
                             {"reward", best.reward.value_or(0.0)},
                             {"metrics", best.metrics},
                             {"winner", to_json(winner)}};
  common::write_file_atomically(run.best() / "best.json", json.dump(2) + "\n");
}

}  // namespace

std::optional<Winner> write_result(const RunFolder& run, const common::Options& options) {
  Store store = open_store(run);
  const auto trials = store.trials();
  const auto further = store.further();
  auto winner = choose_winner(trials, further, options);
  if (winner) {
    write_best(run, options, *winner);
    write_best_settings(run, options, winner->trial);
  }
  write_search_report(run, options, trials, further);
  return winner;
}

}  // namespace nas::engine
