#include "engine/unread_options.h"

#include <algorithm>
#include <map>

#include "common/error.h"
#include "common/text.h"
#include "controller/strategy.h"
#include "engine/evaluator.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace {

[[noreturn]] void throw_unread(const std::string& option, const std::string& because,
                               const std::string& hint) {
  throw common::ConfigError(
      {.where = "--" + option, .what = "nothing reads it", .got = because, .hint = hint});
}

void refuse_those_of_other_evaluators(const common::Options& options) {
  const std::string chosen = options.text("evaluator");
  std::map<std::string, std::vector<std::string>> readers;  // by option
  for (const auto& [name, entry] : common::Registry<EvaluatorPlugin>::entries()) {
    for (const auto& option : entry.plugin.reads) readers[option].push_back(name);
  }
  for (const auto& [option, names] : readers) {
    if (options.is_given(option) && std::find(names.begin(), names.end(), chosen) == names.end())
      throw_unread(option, "--evaluator " + chosen, "--evaluator " + common::join(names, " or "));
  }
}

void refuse_those_of_other_strategies(const common::Options& options) {
  const std::string chosen = options.text("strategy");
  for (const auto& option : options.all()) {
    const std::string section = option.name.substr(0, option.name.find('.'));
    if (section == option.name || section == chosen || !is_typed(option)) continue;
    if (common::Registry<controller::StrategyPlugin>::contains(section))
      throw_unread(option.name, "--strategy " + chosen, "--strategy " + section);
  }
}

void refuse_those_of_a_supernet(const common::Options& options) {
  for (const auto& option : options.all()) {
    const bool chooses = option.value != "auto";
    if (common::starts_with(option.name, "supernet.") && is_typed(option) && chooses)
      throw_unread(option.name, "--evaluator " + options.text("evaluator"), "--evaluator shared");
  }
}

// One worker trains one supernet, and rewards one trial after another.
void refuse_those_of_many_trainings(const common::Options& options, const std::string& method) {
  const auto typed = [&](const std::string& name) { return is_typed(options.at(name)); };
  for (const std::string name : {"workers", "window"}) {
    if (typed(name) && options.integer(name) != 1)
      throw common::ConfigError({.where = "--" + name,
                                 .what = "one worker trains the supernet, and rewards one trial "
                                         "after another",
                                 .got = options.at(name).value_text(),
                                 .expected = "1"});
  }
  if (method == "darts" && typed("size-prior") && options.number("size-prior") > 0)
    throw_unread("size-prior", "darts, whose cell the mixture chooses", "--strategy ppo");
  if (method != "enas" && typed("supernet.trials-an-epoch"))
    throw_unread("supernet.trials-an-epoch", method, "--supernet.method enas");
  if (method == "spos" && typed("supernet.reward-images"))
    throw_unread("supernet.reward-images", "spos, whose rewards are all on all held-out images",
                 "--valid-images");
}

}  // namespace

bool is_typed(const common::Option& option) {
  return option.origin == "flag" || option.origin == "--set";
}

void refuse_unread(const common::Options& options) {
  refuse_those_of_other_evaluators(options);
  refuse_those_of_other_strategies(options);
  if (const SupernetSchedule supernet(options); supernet.shared()) {
    refuse_those_of_many_trainings(options, supernet.method());
  } else {
    refuse_those_of_a_supernet(options);
  }
  if (options.text("cost") != "none" && options.is_given("size-prior"))
    throw_unread("size-prior", "--cost " + options.text("cost"), "one of the two");
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  if (!evaluator.needs_proxy && is_typed(options.at("size-prior")))
    throw_unread("size-prior", "--evaluator " + evaluator.name, "--evaluator trained or shared");
}

}  // namespace nas::engine
