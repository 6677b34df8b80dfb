#include "engine/supernet_paths.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/file.h"

namespace nas::engine {

namespace {

std::filesystem::path paths_file(const RunFolder& run, int64_t epoch) {
  return run.supernet() / "paths" / fmt::format("{:06}.json", epoch);
}

}  // namespace

void write_paths(const RunFolder& run, int64_t epoch,
                 const std::vector<search_space::Choices>& paths) {
  const common::Json json = {{"epoch", epoch}, {"paths", paths}};
  common::write_file_atomically(paths_file(run, epoch), json.dump() + "\n");
}

std::vector<search_space::Choices> read_paths(const RunFolder& run, int64_t epoch) {
  const auto file = paths_file(run, epoch);
  const common::Json json = common::read_json(file);
  auto paths = common::json_get<std::vector<search_space::Choices>>(json, "paths", file.string());
  if (paths.empty() || common::json_get<int64_t>(json, "epoch", file.string()) != epoch)
    throw common::DataError({.where = file.string(), .what = "not the paths of this epoch"});
  return paths;
}

}  // namespace nas::engine
