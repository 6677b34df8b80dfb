#include "engine/run_store.h"

#include <fmt/format.h>

#include <cctype>
#include <random>

#include "common/error.h"
#include "common/log.h"
#include "engine/search.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

std::string run_id_of(const RunFolder& run) {
  const fs::path file = run.environment();
  const common::Json environment =
      fs::exists(file) ? common::read_json(file) : common::Json::object();
  const std::string id = environment.value("run_id", "");
  if (id.empty()) {
    throw common::ConfigError({.where = "store",
                               .what = "the run was written by another version of nas",
                               .got = "no run_id in " + file.string(),
                               .hint = "the version that wrote it, or a new --run"});
  }
  return id;
}

}  // namespace

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

Store make_store(const RunFolder& run, const std::string& store) {
  Store made(run.store_url(store), run_id_of(run));
  made.set_meta("begun", common::utc_stamp());  // a run without trials is known, too
  return made;
}

Store open_store(const RunFolder& run) {
  const std::string id = run_id_of(run);
  const std::string url = run.store_url(run_options(run).text("store"));
  if (auto store = Store::find(url, id)) return std::move(*store);
  throw common::DataError({.where = "run " + run.path().string(),
                           .what = "its database is missing",
                           .got = "nothing of it at " + url,
                           .hint = "the database put back, or a new --run"});
}

}  // namespace nas::engine
