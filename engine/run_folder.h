// The folder of a run: what was asked for, the store, the trials' files, the best one.
//
//   config.toml  environment.json  proxy.h5  run.db  trials/000017/  supernet/  best/  report.html
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/options.h"

namespace nas::engine {

// Holds a folder for one coordinator; another gets ConfigError. Released when the process ends,
// however it ends. Throws SystemError where nothing can be written or locked.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

// Whether a FolderLock, of whatever process, holds the folder. Looking takes nothing away from a
// coordinator that starts at that moment.
bool is_locked(const std::filesystem::path& folder);

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path environment() const { return path_ / "environment.json"; }
  std::filesystem::path proxy() const { return path_ / "proxy.h5"; }
  std::filesystem::path supernet() const { return path_ / "supernet"; }
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

// The folders in `root` that hold the file `marker`, by the time of that file: newest first.
std::vector<std::filesystem::path> folders_by_age(const std::filesystem::path& root,
                                                  const std::string& marker);

// "latest" (or empty) is the newest run under runs_root(); else a path, or a name under
// runs_root(). Throws NothingError when there is none.
RunFolder find_run(const std::string& text);
std::vector<RunFolder> list_runs();  // newest first

// The run that `nas search --run TEXT` names, there already or to be made; none for an empty text.
// What find_run() finds is meant; else a name without a slash is a new run under runs_root(), and
// all else, a folder that is there included, a path. Throws NothingError ("latest" without a run).
std::optional<RunFolder> run_to_continue_or_create(const std::string& text);

std::string program_version();  // "0.1.0 (8b16ee1)": with the commit that was configured
common::Json machine_json();    // versions, commit, system, cores

// As environment.json: the machine and what else a result may depend on, `device` as
// child_trainer::device_text() describes it; reads the options seed and threads.
common::Json environment_json(const common::Options& options, const std::string& device);

}  // namespace nas::engine
