#include "engine/run_inputs.h"

#include "common/file.h"
#include "search_space/space.h"

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

}  // namespace

void keep_inputs(const RunFolder& run, common::Options& options) {
  if (has_space_file(options))
    common::write_file_atomically(run.path() / kSpaceCopy,
                                  common::read_file(options.text(kSpaceOption)));
  if (has_architecture(options)) {
    const auto architecture = search_space::find_architecture(options.text(kArchitectureOption));
    common::write_file_atomically(run.path() / kArchitectureCopy,
                                  search_space::to_json(architecture).dump(2) + "\n");
  }
  find_inputs(run, options);
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
  if (has_space_file(given) && has_space_file(stored) &&
      common::read_file(given.text(kSpaceOption)) == common::read_file(stored.text(kSpaceOption))) {
    set_text(given, kSpaceOption, stored.text(kSpaceOption));
  }
  if (has_architecture(given) && has_architecture(stored) &&
      search_space::find_architecture(given.text(kArchitectureOption)) ==
          search_space::find_architecture(stored.text(kArchitectureOption))) {
    set_text(given, kArchitectureOption, stored.text(kArchitectureOption));
  }
}

}  // namespace nas::engine
