// The folder of a run that is not one yet.
#pragma once

#include "common/file.h"
#include "common/options.h"
#include "data/dataset.h"
#include "engine/run_folder.h"

namespace nas::engine {

// Makes the folder and holds it. What lies in it is removed again, unless the run was begun.
class NewRun {
 public:
  // Throws SystemError where nothing can be written, ConfigError when another process is using the
  // folder or has made a run there meanwhile.
  explicit NewRun(const RunFolder& run);

  // Writes proxy.h5 (where there is a proxy), what keep_inputs() keeps, environment.json, the store
  // and, last, config.toml: with it the folder is a run, which is there whole. `device`: see
  // environment_json(). Throws SystemError, ConfigError (a store that cannot be used).
  void begin(common::Options& options, const std::string& device,
             const std::optional<data::Dataset>& proxy);

 private:
  RunFolder run_;
  std::vector<std::filesystem::path> missing_;  // folders that were not there
  FolderLock lock_;
  common::FilesOnTrial files_;  // after the lock: removed while it is held
};

}  // namespace nas::engine
