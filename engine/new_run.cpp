#include "engine/new_run.h"

#include "common/error.h"
#include "data/dataset_file.h"
#include "engine/proxy.h"
#include "engine/run_inputs.h"
#include "engine/run_store.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

FolderLock lock_in(const fs::path& folder) {
  common::make_folder(folder, "run folder");
  return FolderLock(folder);
}

// The folder and those that it lies in, the innermost first.
std::vector<fs::path> missing_folders(const fs::path& folder) {
  std::vector<fs::path> missing;
  for (fs::path path = fs::absolute(folder).lexically_normal(); !fs::exists(path);
       path = path.parent_path())
    missing.push_back(path);
  return missing;
}

// What begin() and the lock write, of what is not there.
std::vector<fs::path> files_to_come(const RunFolder& run, const std::vector<fs::path>& missing) {
  if (run.exists()) {
    throw common::ConfigError({.where = "run folder",
                               .what = "another nas process has made a run there meanwhile",
                               .got = run.path().string(),
                               .hint = "another --run"});
  }
  std::vector<fs::path> files;
  for (const char* name : {"proxy.h5", "space.toml", "architecture.json", "environment.json",
                           "run.db", "run.db-wal", "run.db-shm"}) {
    if (const fs::path file = run.path() / name; !fs::exists(file)) files.push_back(file);
  }
  files.push_back(run.path() / "lock");
  files.insert(files.end(), missing.begin(), missing.end());
  return files;
}

}  // namespace

NewRun::NewRun(const RunFolder& run)
    : run_(run),
      missing_(missing_folders(run.path())),
      lock_(lock_in(run.path())),
      files_(files_to_come(run, missing_)) {}

void NewRun::begin(common::Options& options, const std::string& device,
                   const std::optional<data::Dataset>& proxy) {
  if (proxy) data::write_dataset(run_.proxy(), *proxy, data::Storage::kPlain);
  const common::Json inputs = keep_inputs(run_, options);
  common::Json environment = {{"run_id", new_run_id(run_)}};
  environment.update(environment_json(options, device));
  environment["inputs"] = inputs;
  environment["proxy"] = proxy ? proxy_json(run_) : common::Json();
  common::write_file_atomically(run_.environment(), environment.dump(2) + "\n");
  make_store(run_, options.text("store"));
  common::write_file_atomically(run_.config(), config_text(options));
  files_.keep();
}

}  // namespace nas::engine
