#include "engine/winner.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "child_trainer/device.h"
#include "common/statistics.h"
#include "engine/evaluator.h"
#include "engine/reward_model.h"
#include "engine/run_space.h"
#include "engine/size_prior.h"
#include "engine/supernet_schedule.h"
#include "search_space/collapse.h"

namespace nas::engine {

namespace {

// Of fewer a model knows too little of how rewards depend on the architecture.
constexpr size_t kFewestTrained = 8;

struct Ranking {
  std::vector<Trained> trained;
  std::optional<RewardModel> model;  // where there is one
  std::string why_none = {};
  std::vector<size_t> order = {};  // of `trained`, best first; the earliest of equals
};

bool is_finalist(const Trained& one) { return one.trial.kind == "finalist"; }

std::vector<double> means_of(const std::vector<Trained>& trained) {
  std::vector<double> means;
  for (const auto& one : trained) means.push_back(one.mean_reward());
  return means;
}

Ranking ranking_of(std::vector<Trained> architectures, common::Options options) {
  Ranking ranking{.trained = std::move(architectures), .model = {}};
  const auto& trained = ranking.trained;
  // What size is believed to gain by longer training, theirs has shown.
  if (!trained.empty() && is_finalist(trained.front()))
    options.set_value("size-prior", 0.0, options.at("size-prior").origin);
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  const SupernetSchedule supernet(options);
  if (supernet.shared()) {
    ranking.why_none = supernet.why_no_model();
  } else if (!evaluator.exact.empty()) {
    ranking.why_none = evaluator.exact;
  } else if (trained.size() < kFewestTrained) {
    ranking.why_none =
        fmt::format("fewer than {} are too few for a model, and what tells them apart may be luck",
                    kFewestTrained);
  } else {
    child_trainer::set_threads(1);  // its sums must not depend on how many share them
    ranking.model.emplace(trained, options);
  }
  std::vector<double> worth = means_of(trained);
  if (ranking.model) {
    for (size_t i = 0; i < trained.size(); ++i) worth[i] = ranking.model->worth(i);
  } else if (supernet.shared() && !trained.empty()) {
    const auto bonuses = size_bonuses(trained, options, common::robust_deviation(worth));
    for (size_t i = 0; i < trained.size(); ++i) worth[i] += bonuses[i];
  }
  ranking.order.resize(trained.size());
  std::iota(ranking.order.begin(), ranking.order.end(), 0);
  std::stable_sort(ranking.order.begin(), ranking.order.end(),
                   [&](size_t a, size_t b) { return worth[a] > worth[b]; });
  return ranking;
}

// The settings as given; none in a search for networks, or where they failed.
std::optional<Winner::Given> given_of(const Ranking& ranking) {
  const auto& trained = ranking.trained;
  const auto found = std::find_if(trained.begin(), trained.end(), [](const Trained& one) {
    return one.trial.key == kSettingsAsGiven;
  });
  if (found == trained.end()) return std::nullopt;
  const auto i = static_cast<size_t>(found - trained.begin());
  Winner::Given given{.mean = found->mean_reward(), .chosen = i == ranking.order[0]};
  if (ranking.model) {
    given.mean = ranking.model->mean(i);
    if (!given.chosen) given.better = ranking.model->probability_of_better(ranking.order[0], i);
  }
  return given;
}

}  // namespace

std::optional<Winner> choose_winner(const std::vector<Trial>& trials,
                                    const std::vector<Trial>& further,
                                    const common::Options& options) {
  const Ranking ranking = ranking_of(trained_architectures(trials, further), options);
  if (ranking.order.empty()) return std::nullopt;
  const size_t first = ranking.order[0];
  const Trained& best = ranking.trained[first];
  Winner winner{.trial = best.trial,
                .row = best.row,
                .finalist = is_finalist(best),
                .why = ranking.why_none,
                .mean = best.mean_reward(),
                .architectures = static_cast<int64_t>(ranking.trained.size()),
                .given = given_of(ranking)};
  if (trained_epochs(trials, further).size() > 1) winner.epochs = best.trial.to_epoch;
  for (const auto& one : ranking.trained) {
    winner.trainings += static_cast<int64_t>(one.rewards.size());
    if (winner.best_trial && *one.trial.reward <= winner.best_reward) continue;
    winner.best_trial = one.trial.id;
    winner.best_reward = *one.trial.reward;
  }
  if (const SupernetSchedule supernet(options); supernet.shared()) {
    winner.collapse = search_space::collapse_text(best.trial.architecture);
    winner.derived = supernet.is_derived();
    winner.size_prior = winner.derived ? 0.0 : size_prior(options);
  }
  if (ranking.order.size() > 1) winner.runner_up = ranking.trained[ranking.order[1]].trial.id;
  if (!ranking.model) return winner;
  winner.modelled = true;
  winner.mean = ranking.model->mean(first);
  winner.deviation = ranking.model->deviation(first);
  winner.noise = ranking.model->noise();
  winner.size_prior = winner.finalist ? 0.0 : size_prior(options);
  winner.better = ranking.model->probability_of_better(first, ranking.order[1]);
  return winner;
}

std::vector<Trial> best_trials(const std::vector<Trial>& trials, const std::vector<Trial>& further,
                               const common::Options& options, size_t count) {
  std::vector<Trial> best;
  std::set<std::string> keys;
  for (const int64_t epochs : trained_epochs(trials, further)) {
    if (best.size() == count) break;
    const Ranking ranking = ranking_of(trained_architectures(trials, further, epochs), options);
    for (const size_t i : ranking.order) {
      const Trial& trial = ranking.trained[i].trial;
      if (best.size() < count && keys.insert(trial.key).second) best.push_back(trial);
    }
  }
  return best;
}

common::Json to_json(const Winner& winner) {
  common::Json json = {{"trial", winner.trial.id},
                       {"by", winner.modelled  ? "model"
                              : winner.derived ? "mixture"
                                               : "reward"},
                       {"mean", winner.mean},
                       {"architectures", winner.architectures},
                       {"trainings", winner.trainings}};
  if (winner.epochs > 0) json["epochs"] = winner.epochs;
  if (winner.finalist) json["finalist"] = true;
  if (winner.runner_up) json["runner_up"] = *winner.runner_up;
  if (winner.modelled) {
    json.update({{"deviation", winner.deviation},
                 {"noise", winner.noise},
                 {"size_prior", winner.size_prior},
                 {"better_than_runner_up", winner.better}});
  } else {
    json["why"] = winner.why;
    if (winner.size_prior > 0) json["size_prior"] = winner.size_prior;
  }
  if (winner.given) {
    json["given"] = {{"mean", winner.given->mean}, {"chosen", winner.given->chosen}};
    if (winner.modelled && !winner.given->chosen) json["given"]["worse"] = winner.given->better;
  }
  if (!winner.collapse.empty()) json["collapse"] = winner.collapse;
  return json;
}

std::string winner_text(const Winner& winner) {
  const std::string after =
      winner.epochs > 0 ? fmt::format(" after {} epochs", winner.epochs) : std::string();
  const std::string among =
      winner.finalist ? fmt::format(", the best of {} finalists", winner.architectures) : "";
  std::string given;
  if (winner.given && winner.given->chosen)
    given = "; these are the settings as given: none better was found";
  if (winner.given && !winner.given->chosen) {
    given = fmt::format("; the settings as given have {:.4f}", winner.given->mean);
    if (winner.modelled)
      given += fmt::format(" (worse with probability {:.2f})", winner.given->better);
  }
  if (winner.derived)
    return fmt::format("trial {}: {} (its reward{}: {:.4f})", winner.trial.id, winner.why, after,
                       winner.mean);
  const std::string prior =
      winner.size_prior > 0 ? " (larger networks count for more, --size-prior)" : "";
  if (!winner.modelled) {
    return fmt::format("trial {}{}, by its {} of {:.4f}{}{}: {}{}", winner.trial.id, among,
                       winner.trainings > winner.architectures ? "mean reward" : "reward",
                       winner.mean, after, prior, winner.why, given);
  }
  return fmt::format(
      "trial {}{}: a reward of {:.4f} ± {:.4f}{} is expected of it, by a model of {} trainings of "
      "{} {}; it is better than trial {} with probability {:.2f}{}; one training differs "
      "from the next by ± {:.4f}{}",
      winner.trial.id, among, winner.mean, winner.deviation, after, winner.trainings,
      winner.architectures, winner.given ? "settings" : "architectures", *winner.runner_up,
      winner.better, prior, winner.noise, given);
}

}  // namespace nas::engine
