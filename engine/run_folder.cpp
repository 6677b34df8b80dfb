#include "engine/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

fs::path lock_file(const fs::path& folder) { return folder / "lock"; }

// The whole file. Locks of an open file description (OFD) can be asked for by F_OFD_GETLK; what
// flock() holds cannot be seen without trying to take it. Neither kind sees the other.
struct flock whole_file(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

// The run of that name under runs_root(), or at that path.
std::optional<RunFolder> existing_run(const std::string& text) {
  fs::path path = text;
  if (!path.has_filename()) path = path.parent_path();  // "runs/one/", as a shell completes it
  if (RunFolder(path).exists()) return RunFolder(path);
  const bool is_name = text.find('/') == std::string::npos;
  if (is_name && RunFolder(runs_root() / path).exists()) return RunFolder(runs_root() / path);
  return std::nullopt;
}

// What find_run() found where it looked for a run: "no such folder runs/x".
std::string found_in(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return "no config.toml in " + path.string();
  return (fs::exists(path, error) ? "a file at " : "no folder ") + path.string();
}

std::string looked_at(const std::string& text) {
  const fs::path path = fs::absolute(text).lexically_normal();
  const bool is_name = text.find('/') == std::string::npos;
  return found_in(path) + (is_name ? ", " + found_in(fs::absolute(runs_root() / text)) : "");
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder) {
  fd_ = open(lock_file(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw common::SystemError({.where = "run folder",
                               .what = "cannot write in " + folder.string(),
                               .hint = "its permissions, or another --run"});
  }
  struct flock lock = whole_file(F_WRLCK);
  if (fcntl(fd_, F_OFD_SETLK, &lock) != 0) {
    const int error = errno;
    close(fd_);
    if (error != EAGAIN && error != EACCES) {
      throw common::SystemError({.where = "run folder",
                                 .what = "cannot lock " + lock_file(folder).string(),
                                 .got = std::strerror(error),
                                 .hint = "a folder on a local disk"});
    }
    throw common::ConfigError({.where = "run folder",
                               .what = "another nas process is using it",
                               .got = folder.string(),
                               .hint = "wait until it ends, or another folder"});
  }
  common::remove_stale_temporaries(folder, /*below=*/true);  // of processes that held it before
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

bool is_locked(const fs::path& folder) {
  const int fd = open(lock_file(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock lock = whole_file(F_RDLCK);
  const bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(fd);
  return held;
}

fs::path RunFolder::trial(int64_t id) const { return path_ / "trials" / fmt::format("{:06}", id); }

bool RunFolder::exists() const {
  std::error_code no_access;
  return fs::exists(config(), no_access);
}

std::string RunFolder::store_url(const std::string& store) const {
  return store.empty() ? "sqlite:" + (path_ / "run.db").string() : store;
}

fs::path runs_root() { return "runs"; }
fs::path models_root() { return "models"; }

std::vector<fs::path> folders_by_age(const fs::path& root, const std::string& marker) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const auto time = fs::last_write_time(entry.path() / marker, error);
    if (!error) found.emplace_back(time, entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<fs::path> folders;
  for (const auto& [time, path] : found) folders.push_back(path);
  return folders;
}

std::vector<RunFolder> list_runs() {
  std::vector<RunFolder> runs;
  for (const auto& path : folders_by_age(runs_root(), "config.toml")) runs.emplace_back(path);
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
  if (const auto run = existing_run(text)) return *run;
  throw common::NothingError({.where = "run",
                              .what = "no run in '" + text + "'",
                              .got = looked_at(text),
                              .expected = "a run folder, its name, or latest",
                              .hint = "nas list runs"});
}

std::optional<RunFolder> run_to_continue_or_create(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "latest") return find_run(text);
  if (const auto run = existing_run(text)) return run;
  const bool is_new_name = text.find('/') == std::string::npos && !fs::exists(text);
  return RunFolder(is_new_name ? runs_root() / text : fs::path(text));
}

std::string program_version() { return NAS_VERSION " (" NAS_COMMIT ")"; }

common::Json machine_json() {
  struct utsname host = {};
  uname(&host);
  return {{"nas", NAS_VERSION},
          {"commit", NAS_COMMIT},
          {"libtorch", child_trainer::library_version()},
          {"compiler", __VERSION__},
          {"system", std::string(host.sysname) + " " + host.release + " " + host.machine},
          {"cores", std::thread::hardware_concurrency()}};
}

common::Json environment_json(const common::Options& options, const std::string& device) {
  const int64_t threads = options.integer("threads");  // 0: all cores
  common::Json json = machine_json();
  json["device"] = device;
  json["threads"] = threads > 0 ? threads : child_trainer::threads_a_child(1);
  json["seed"] = options.integer("seed");
  json["started"] = common::utc_stamp();
  return json;
}

}  // namespace nas::engine
