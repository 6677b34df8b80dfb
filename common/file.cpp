#include "common/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>

#include "common/error.h"
#include "common/text.h"

namespace nas::common {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTemporaryMark = ".tmp";  // before the number of the writing process

bool is_temporary(const std::string& name) {  // as temporary_beside() makes it
  const auto mark = name.rfind(kTemporaryMark);
  if (name[0] != '.' || mark == std::string::npos) return false;
  const std::string process = name.substr(mark + std::strlen(kTemporaryMark));
  return process.find_first_not_of("0123456789") == std::string::npos;
}

// What helps where a file or a folder could not be written.
std::string hint_for(int error) {
  if (error == ENOSPC || error == EFBIG || error == EDQUOT) {
    return "free some disk space, then give the same command again";
  }
  return error == EACCES || error == EPERM ? "another folder, or its permissions"
                                           : "another folder";
}

[[noreturn]] void throw_write_error(const fs::path& path, int error) {
  throw SystemError({.where = "file",
                     .what = "cannot write " + path.string(),
                     .got = std::strerror(error),
                     .hint = hint_for(error)});
}

void sync_folder(const fs::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a file system without folder handles
  fsync(fd);
  close(fd);
}

void make_parent(const fs::path& path) {
  if (path.has_parent_path()) make_folder(path.parent_path(), "file");
}

void write_all(int fd, const std::string& content, const fs::path& path) {
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t count = write(fd, content.data() + done, content.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = count < 0 ? errno : ENOSPC;
      close(fd);
      throw_write_error(path, error);
    }
    done += static_cast<size_t>(count);
  }
}

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }
  void add(const char* data, size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::string hex() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += "0123456789abcdef"[bytes[i] >> 4];
      text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string digest_of_file(const fs::path& path, const EVP_MD* kind) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw DataError({.where = "file", .what = "cannot read " + path.string()});
  Digest digest(kind);
  std::string buffer(1 << 20, '\0');
  while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())),
         stream.gcount() > 0) {
    digest.add(buffer.data(), static_cast<size_t>(stream.gcount()));
  }
  return digest.hex();
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw DataError({.where = "file", .what = path.string() + " is a folder, not a file"});
  }
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  if (stream) content << stream.rdbuf();
  if (!stream && !fs::exists(path, error)) {
    throw DataError({.where = "file", .what = "no such file: " + path.string()});
  }
  if (stream.bad() || !stream.is_open()) {
    throw DataError({.where = "file", .what = "cannot read " + path.string()});
  }
  return content.str();
}

void make_folder(const fs::path& folder, const std::string& where) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return;
  throw SystemError({.where = where,
                     .what = "cannot make the folder " + folder.string(),
                     .got = error.message(),
                     .hint = hint_for(error.value())});
}

void require_writable(const fs::path& path) {
  make_parent(path);
  const fs::path tried = temporary_beside(path);
  const int fd = open(tried.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) throw_write_error(path, errno);
  close(fd);
  unlink(tried.c_str());
}

void write_file_atomically(const fs::path& path, const std::string& content) {
  make_parent(path);
  const fs::path temporary = temporary_beside(path);
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) throw_write_error(path, errno);
  try {
    write_all(fd, content, path);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  close(fd);
  publish_file(temporary, path);
}

void append_line(const fs::path& path, const std::string& line) {
  make_parent(path);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) throw_write_error(path, errno);
  write_all(fd, line + "\n", path);
  close(fd);
}

void remove_stale_temporaries(const fs::path& folder, bool below) {
  const auto an_hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  std::error_code error;
  std::vector<fs::path> stale;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (!below) it.disable_recursion_pending();
    std::error_code unknown;
    if (is_temporary(it->path().filename().string()) &&
        it->last_write_time(unknown) < an_hour_ago && !unknown) {
      stale.push_back(*it);
    }
  }
  for (const auto& path : stale) fs::remove(path, error);
}

FilesOnTrial::~FilesOnTrial() {
  std::error_code ignored;
  for (const auto& path : paths_) fs::remove(path, ignored);
}

void try_folder(const fs::path& folder, const std::string& where) {
  std::vector<fs::path> missing;
  for (fs::path path = fs::absolute(folder); !fs::exists(path); path = path.parent_path())
    missing.push_back(path);
  const FilesOnTrial made(missing);
  make_folder(folder, where);
  require_writable(folder / "file");
}

void publish_file(const fs::path& temporary, const fs::path& path) {
  const int fd = open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_write_error(path, errno);
  const bool synced = fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!synced) {
    unlink(temporary.c_str());
    throw_write_error(path, error);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int rename_error = errno;
    unlink(temporary.c_str());
    throw_write_error(path, rename_error);
  }
  sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

fs::path temporary_beside(const fs::path& path) {
  return path.parent_path() /
         ("." + path.filename().string() + kTemporaryMark + std::to_string(::getpid()));
}

std::string sha256_of_file(const fs::path& path) { return digest_of_file(path, EVP_sha256()); }
std::string md5_of_file(const fs::path& path) { return digest_of_file(path, EVP_md5()); }

std::string sha256_of_text(const std::string& text) {
  Digest digest(EVP_sha256());
  digest.add(text.data(), text.size());
  return digest.hex();
}

namespace {

// `path`, or the nearest of its parents that is there.
fs::path nearest_existing(const fs::path& path) {
  fs::path existing = fs::absolute(path);
  while (!fs::exists(existing) && existing.has_parent_path() && existing != existing.root_path()) {
    existing = existing.parent_path();
  }
  return existing;
}

}  // namespace

double free_bytes(const fs::path& path) {
  if (const char* pretended = std::getenv("NAS_TEST_FREE_BYTES")) return std::atof(pretended);
  struct statvfs status = {};
  if (statvfs(nearest_existing(path).c_str(), &status) != 0) return 0;
  if (status.f_blocks == 0) return std::numeric_limits<double>::infinity();
  return static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
}

void require_free_bytes(const fs::path& path, double bytes, const std::string& where) {
  const double free = free_bytes(path);
  if (free < bytes) {
    throw SystemError({.where = where,
                       .what = "too little disk space at " + path.string(),
                       .got = bytes_text(free) + " free",
                       .expected = "at least " + bytes_text(bytes),
                       .hint = "free some space, or another folder"});
  }
}

bool on_network_file_system(const fs::path& path) {
  if (std::getenv("NAS_TEST_NETWORK_FS") != nullptr) return true;
  struct statfs status = {};
  if (statfs(nearest_existing(path).c_str(), &status) != 0) return false;
  switch (static_cast<uint32_t>(status.f_type)) {
    case 0x6969U:      // NFS
    case 0x0BD00BD0U:  // Lustre
    case 0x47504653U:  // GPFS
    case 0xFF534D42U:  // CIFS
    case 0xFE534D42U:  // SMB2
    case 0x19830326U:  // BeeGFS
    case 0x00C36400U:  // Ceph
      return true;
    default:
      return false;
  }
}

fs::path cache_dir() {
  if (const char* dir = std::getenv("NAS_CACHE_DIR"); dir != nullptr && *dir != '\0') return dir;
  if (const char* dir = std::getenv("XDG_CACHE_HOME"); dir != nullptr && *dir != '\0') {
    return fs::path(dir) / "nas";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".cache" / "nas";
}

fs::path self_path() { return fs::read_symlink("/proc/self/exe"); }

}  // namespace nas::common
