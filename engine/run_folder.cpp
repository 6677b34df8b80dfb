#include "engine/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"

namespace nas::engine {

namespace fs = std::filesystem;

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path path = folder / "lock";
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw common::SystemError({.where = "run folder",
                               .what = "cannot write in " + folder.string(),
                               .hint = "its permissions, or another --run"});
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    close(fd_);
    throw common::ConfigError({.where = "run folder",
                               .what = "another nas process is using it",
                               .got = folder.string(),
                               .hint = "`nas status --run` to watch it, or another --run"});
  }
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

fs::path RunFolder::trial(int64_t id) const { return path_ / "trials" / fmt::format("{:06}", id); }

bool RunFolder::exists() const { return fs::exists(config()); }

std::string RunFolder::store_url(const std::string& store) const {
  return store.empty() ? "sqlite:" + (path_ / "run.db").string() : store;
}

fs::path runs_root() { return "runs"; }
fs::path models_root() { return "models"; }

std::vector<RunFolder> list_runs() {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(runs_root(), error)) {
    if (RunFolder(entry.path()).exists()) {
      found.emplace_back(fs::last_write_time(entry.path() / "config.toml"), entry.path());
    }
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<RunFolder> runs;
  for (const auto& [time, path] : found) runs.emplace_back(path);
  return runs;
}

RunFolder find_run(const std::string& text) {
  if (text.empty() || text == "latest") {
    const auto runs = list_runs();
    if (runs.empty()) {
      throw common::NothingError({.where = "run",
                                  .what = "no run under " + fs::absolute(runs_root()).string(),
                                  .hint = "nas search --proxy cifar10"});
    }
    return runs.front();
  }
  for (const fs::path& path : {fs::path(text), runs_root() / text}) {
    if (RunFolder(path).exists()) return RunFolder(path);
  }
  throw common::NothingError({.where = "run",
                              .what = "no run in '" + text + "'",
                              .expected = "a run folder, its name, or latest",
                              .hint = "nas list runs"});
}

common::Json environment_json() {
  struct utsname host = {};
  uname(&host);
  return {{"nas", "0.1.0"},
          {"libtorch", child_trainer::library_version()},
          {"compiler", __VERSION__},
          {"system", std::string(host.sysname) + " " + host.release + " " + host.machine},
          {"cores", std::thread::hardware_concurrency()},
          {"started", common::utc_stamp()}};
}

}  // namespace nas::engine
