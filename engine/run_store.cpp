#include "engine/run_store.h"

#include <fmt/format.h>

#include <cctype>
#include <random>

#include "common/error.h"
#include "engine/search.h"

namespace nas::engine {

namespace fs = std::filesystem;

std::string new_run_id(const RunFolder& run) {
  // Databases and JSON take no broken UTF-8, which a folder's name may be.
  std::string name = fs::weakly_canonical(run.path()).filename().string();
  for (char& c : name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) == 0 && c != '.' && c != '_' && c != '-') c = '_';
  }
  std::random_device random;
  return fmt::format("{}-{:08x}{:08x}", name, random(), random());
}

Store open_store(const RunFolder& run) {
  const fs::path file = run.path() / "environment.json";
  const common::Json environment =
      fs::exists(file) ? common::read_json(file) : common::Json::object();
  const std::string id = environment.value("run_id", "");
  if (id.empty()) {
    throw common::ConfigError({.where = "store",
                               .what = "the run was written by another version of nas",
                               .got = "no run_id in " + file.string(),
                               .hint = "the version that wrote it, or a new --run"});
  }
  return Store(run.store_url(run_options(run).text("store")), id);
}

}  // namespace nas::engine
