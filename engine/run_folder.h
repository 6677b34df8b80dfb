// The folder of a run: what was asked for, the store, the trials' files, the best one.
//
//   config.toml  environment.json  proxy.h5  run.db  trials/000017/  best/  report.html
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/options.h"

namespace nas::engine {

// Holds a folder for one coordinator; another gets ConfigError. Released when the process ends,
// however it ends.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path proxy() const { return path_ / "proxy.h5"; }
  std::filesystem::path best() const { return path_ / "best"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path trial(int64_t id) const;  // trials/000017
  bool exists() const;                            // holds a run

  // The URL of its store: `store` as configured, or run.db in the folder.
  std::string store_url(const std::string& store) const;

 private:
  std::filesystem::path path_;
};

// Where runs and models are kept by default: ./runs, ./models.
std::filesystem::path runs_root();
std::filesystem::path models_root();

// "latest" (or empty) is the newest run under runs_root(); else a path, or a name under
// runs_root(). Throws NothingError when there is none.
RunFolder find_run(const std::string& text);
std::vector<RunFolder> list_runs();  // newest first

// Versions, device, commit and the like, as environment.json.
common::Json environment_json();

}  // namespace nas::engine
