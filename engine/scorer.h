// Zero-cost scores of architectures, computed by a process of its own, `nas scorer`: a network that
// takes too much memory, or a fault in it, must not end the coordinator, and a GPU is used where
// there is one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/process.h"
#include "engine/run_folder.h"
#include "search_space/architecture.h"

namespace nas::engine {

struct ScoreReply {
  std::optional<double> value;
  std::string reason = {};  // without a value: why
  bool stopped = false;     // keep_going() said so
};
common::Json to_json(const ScoreReply& reply);
ScoreReply score_reply_from_json(const common::Json& json);  // throws DataError

// The coordinator's side: starts the process when it is first asked. A death by a signal changes no
// score: it is asked again, --max-attempts times.
class Scorer {
 public:
  Scorer(RunFolder run, const common::Options& options);

  // keep_going() is asked about every tenth of a second. Throws SystemError where the process says
  // that it can score nothing.
  ScoreReply score(const search_space::Architecture& architecture,
                   const std::function<bool()>& keep_going);

 private:
  // Nothing when the process died by a signal; `reason` says how.
  std::optional<ScoreReply> ask(const std::string& line, const std::function<bool()>& keep_going,
                                std::string& reason);
  ScoreReply give_up(const std::string& reason);

  RunFolder run_;
  std::string device_;  // one: the first of a list
  int64_t threads_;
  double memory_;   // bytes
  double silence_;  // seconds
  int64_t max_attempts_;
  std::unique_ptr<common::Process> process_;
};

// The other side: the score --prescreen of each architecture on stdin, with initial weights and one
// batch of the proxy's training images, all drawn from the run's seed. Returns an exit code.
int run_scorer(const RunFolder& run, const common::Options& options);

}  // namespace nas::engine
