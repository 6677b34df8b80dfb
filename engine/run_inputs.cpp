#include "engine/run_inputs.h"

#include <fmt/format.h>

#include <set>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "engine/run_space.h"
#include "search_space/space_file.h"

namespace nas::engine {

namespace {

constexpr const char* kSpaceOption = "space";
constexpr const char* kArchitectureOption = "arch";
constexpr const char* kSpaceCopy = "space.toml";
constexpr const char* kArchitectureCopy = "architecture.json";

bool has_space_file(const common::Options& options) {
  return search_space::is_space_file(options.text(kSpaceOption));
}
bool has_architecture(const common::Options& options) {
  return options.contains(kArchitectureOption) && !options.text(kArchitectureOption).empty();
}

// Another value of the same origin.
void set_text(common::Options& options, const char* option, const std::filesystem::path& file) {
  options.set_value(option, file.string(), options.at(option).origin);
}

search_space::SpaceMeaning meaning_of(const common::Options& options) {
  const std::string file = options.text(kSpaceOption);
  return search_space::space_meaning(common::read_file(file), file, tunable_settings());
}

void refuse_other_space(const search_space::SpaceMeaning& begun,
                        const search_space::SpaceMeaning& given, const std::string& file) {
  const auto shown = [](const search_space::SpaceMeaning& meaning, const std::string& key) {
    const auto found = meaning.find(key);
    return found == meaning.end() ? "nothing" : found->second;
  };
  std::set<std::string> keys;
  for (const auto* meaning : {&begun, &given}) {
    for (const auto& [key, value] : *meaning) keys.insert(key);
  }
  std::vector<std::string> differing;
  for (const auto& key : keys) {
    if (shown(begun, key) == shown(given, key)) continue;
    differing.push_back(
        fmt::format("{} {} (it was begun with {})", key, shown(given, key), shown(begun, key)));
  }
  if (differing.empty()) return;
  throw common::ConfigError({.where = "--space " + file,
                             .what = "the run cannot be continued with another space",
                             .got = common::join(differing, ", "),
                             .hint = "the same space, or a new --run"});
}

}  // namespace

common::Json keep_inputs(const RunFolder& run, common::Options& options) {
  common::Json digests = common::Json::object();
  const auto keep = [&](const char* name, const std::string& text) {
    common::write_file_atomically(run.path() / name, text);
    digests[name] = common::sha256_of_text(text);
  };
  if (has_space_file(options)) keep(kSpaceCopy, common::read_file(options.text(kSpaceOption)));
  if (has_architecture(options)) {
    const auto architecture = search_space::find_architecture(options.text(kArchitectureOption));
    keep(kArchitectureCopy, search_space::to_json(architecture).dump(2) + "\n");
  }
  find_inputs(run, options);
  return digests;
}

void check_inputs(const RunFolder& run) {
  if (!std::filesystem::exists(run.environment())) return;
  const common::Json environment = common::read_json(run.environment());
  const common::Json digests = environment.value("inputs", common::Json::object());
  for (const auto& [name, digest] : digests.items()) {
    const auto file = run.path() / name;
    if (std::filesystem::exists(file) && common::Json(common::sha256_of_file(file)) == digest)
      continue;
    throw common::ConfigError({.where = file.string(),
                               .what = "it is not what the run began with",
                               .expected = "sha256 " + digest.get<std::string>(),
                               .hint = "the file as it was, or a new --run"});
  }
}

void find_inputs(const RunFolder& run, common::Options& options) {
  if (has_space_file(options)) set_text(options, kSpaceOption, run.path() / kSpaceCopy);
  if (has_architecture(options))
    set_text(options, kArchitectureOption, run.path() / kArchitectureCopy);
}

std::string config_text(common::Options options) {
  if (has_space_file(options)) set_text(options, kSpaceOption, kSpaceCopy);
  if (has_architecture(options)) set_text(options, kArchitectureOption, kArchitectureCopy);
  common::Options written;
  for (const auto& option : options.all()) {
    if (option.name != kArchitectureOption || has_architecture(options)) written.declare({option});
  }
  return written.to_toml();
}

void recognise_inputs(const common::Options& stored, common::Options& given) {
  if (has_space_file(given) && has_space_file(stored)) {
    refuse_other_space(meaning_of(stored), meaning_of(given), given.text(kSpaceOption));
    set_text(given, kSpaceOption, stored.text(kSpaceOption));
  }
  if (has_architecture(given) && has_architecture(stored) &&
      search_space::find_architecture(given.text(kArchitectureOption)) ==
          search_space::find_architecture(stored.text(kArchitectureOption))) {
    set_text(given, kArchitectureOption, stored.text(kArchitectureOption));
  }
}

}  // namespace nas::engine
