#include "engine/unread_options.h"

#include <algorithm>
#include <map>

#include "common/error.h"
#include "common/text.h"
#include "controller/strategy.h"
#include "engine/evaluator.h"

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
    const bool typed = option.origin == "flag" || option.origin == "--set";
    if (section == option.name || section == chosen || !typed) continue;
    if (common::Registry<controller::StrategyPlugin>::contains(section))
      throw_unread(option.name, "--strategy " + chosen, "--strategy " + section);
  }
}

}  // namespace

void refuse_unread(const common::Options& options) {
  refuse_those_of_other_evaluators(options);
  refuse_those_of_other_strategies(options);
  if (options.text("cost") != "none" && options.is_given("size-prior"))
    throw_unread("size-prior", "--cost " + options.text("cost"), "one of the two");
}

}  // namespace nas::engine
