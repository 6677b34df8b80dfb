#include "common/file.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>

#include "common/error.h"
#include "tests/support/full_disk.h"
#include "tests/support/scoped_env.h"
#include "tests/support/temp_dir.h"

namespace nas::common {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::MessageMatches;
using tests::FullDisk;
using tests::ScopedEnv;
using tests::TempDir;

size_t entries_in(const fs::path& folder) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) count += entry.path().empty() ? 0 : 1;
  return count;
}

TEST_CASE("file: what is written is read again", "[common]") {
  const TempDir dir;
  const fs::path path = dir.path() / "new" / "folder" / "file.bin";
  const std::string bytes("\0\xff one\r\n\0two\n", 14);
  for (const std::string& content : {bytes, std::string(), std::string(300000, 'x')}) {
    write_file_atomically(path, content);
    CHECK(read_file(path) == content);
    CHECK(entries_in(path.parent_path()) == 1);
  }
}

TEST_CASE("file: a missing file and a folder are data errors that name the path", "[common]") {
  const TempDir dir;
  CHECK_THROWS_MATCHES(
      read_file(dir.path() / "none"), DataError,
      MessageMatches(ContainsSubstring("no such file: " + (dir.path() / "none").string())));
  CHECK_THROWS_MATCHES(read_file(dir.path()), DataError,
                       MessageMatches(ContainsSubstring("is a folder")));
  CHECK_THROWS_AS(sha256_of_file(dir.path() / "none"), DataError);
  CHECK_THROWS_AS(md5_of_file(dir.path() / "none"), DataError);
}

TEST_CASE("file: a full disk leaves the old content and nothing else", "[common]") {
  const TempDir dir;
  const fs::path path = dir.path() / "file";
  write_file_atomically(path, "old");
  std::string message;
  {
    const FullDisk limit(4096);
    try {
      write_file_atomically(path, std::string(100000, 'n'));
    } catch (const SystemError& error) {
      message = error.what();
    }
  }
  CHECK_THAT(message, ContainsSubstring("cannot write " + path.string()));
  CHECK_THAT(message, ContainsSubstring("free some disk space"));
  CHECK(read_file(path) == "old");
  CHECK(entries_in(dir.path()) == 1);
  write_file_atomically(path, std::string(100000, 'n'));
  CHECK(read_file(path).size() == 100000);
}

TEST_CASE("file: an appended line that does not fit is an error", "[common]") {
  const TempDir dir;
  bool refused = false;
  {
    const FullDisk limit(4096);
    try {
      append_line(dir.path() / "log", std::string(100000, 'n'));
    } catch (const SystemError&) {
      refused = true;
    }
  }
  CHECK(refused);
}

TEST_CASE("file: what killed writers left is removed, what is being written is not", "[common]") {
  const TempDir dir;
  const fs::path below = dir.path() / "below";
  fs::create_directories(below);
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(2);
  for (const char* name : {".a.h5.tmp123", ".new.tmp124", "a.tmp123", ".a.tmpfile", ".tmpfs"}) {
    write_file_atomically(below / name, "content");
    if (std::string(name) != ".new.tmp124") fs::last_write_time(below / name, old);
  }
  remove_stale_temporaries(dir.path(), /*below=*/false);
  CHECK(fs::exists(below / ".a.h5.tmp123"));
  remove_stale_temporaries(dir.path(), /*below=*/true);
  CHECK_FALSE(fs::exists(below / ".a.h5.tmp123"));
  for (const char* name : {".new.tmp124", "a.tmp123", ".a.tmpfile", ".tmpfs"}) {
    CAPTURE(name);
    CHECK(fs::exists(below / name));
  }
  CHECK_NOTHROW(remove_stale_temporaries(dir.path() / "nowhere", true));
}

// Root may write anywhere, so the permissions of a folder would not do.
TEST_CASE("file: a place that cannot be written to is a system error", "[common]") {
  const TempDir dir;
  write_file_atomically(dir.path() / "file", "content");
  for (const fs::path& path : {dir.path() / "file" / "below", fs::path("/proc/nope"),
                               fs::path("/proc/nope/below"), dir.path()}) {
    CAPTURE(path.string());
    CHECK_THROWS_MATCHES(
        write_file_atomically(path, "new"), SystemError,
        MessageMatches(ContainsSubstring("cannot write " + path.string()) ||
                       ContainsSubstring("cannot make the folder " + path.parent_path().string())));
    CHECK_THROWS_AS(append_line(path, "new"), SystemError);
    if (path != dir.path()) CHECK_THROWS_AS(require_writable(path), SystemError);
  }
  CHECK(entries_in(dir.path()) == 1);
  CHECK(read_file(dir.path() / "file") == "content");
}

TEST_CASE("file: what is tried beforehand leaves nothing but the folder", "[common]") {
  const TempDir dir;
  const fs::path path = dir.path() / "new" / "file";
  require_writable(path);
  CHECK(entries_in(dir.path() / "new") == 0);
  write_file_atomically(path, "old");
  require_writable(path);
  CHECK(read_file(path) == "old");
  CHECK(entries_in(dir.path() / "new") == 1);
}

// No space and no permission is missing in /proc: it holds no files of anybody.
TEST_CASE("file: what is suggested fits what happened", "[common]") {
  const ScopedEnv unset("NAS_TEST_FREE_BYTES", nullptr);
  CHECK_NOTHROW(require_free_bytes("/proc/nope", 1e18, "test"));
  const auto check_refused = [](const auto& act) {
    CHECK_THROWS_MATCHES(act(), SystemError, MessageMatches(EndsWith("; try another folder")));
  };
  check_refused([] { make_folder("/proc/nope", "test"); });
  check_refused([] { require_writable("/proc/nope"); });
  check_refused([] { write_file_atomically("/proc/nope", "new"); });
}

TEST_CASE("file: lines are appended", "[common]") {
  const TempDir dir;
  const fs::path path = dir.path() / "new" / "metrics.jsonl";
  append_line(path, "one");
  append_line(path, "");
  append_line(path, "three");
  CHECK(read_file(path) == "one\n\nthree\n");
}

TEST_CASE("file: a finished file is moved into place", "[common]") {
  const TempDir dir;
  const fs::path path = dir.path() / "data.h5";
  const fs::path temporary = temporary_beside(path);
  CHECK(temporary.parent_path().string() == dir.path().string());
  CHECK(temporary.string() != path.string());
  CHECK(temporary.string() != temporary_beside(dir.path() / "other.h5").string());
  write_file_atomically(path, "old");
  write_file_atomically(temporary, "new");
  publish_file(temporary, path);
  CHECK(read_file(path) == "new");
  CHECK(entries_in(dir.path()) == 1);
  CHECK_THROWS_AS(publish_file(temporary, path), SystemError);
}

TEST_CASE("file: digests", "[common]") {
  CHECK(sha256_of_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of_text("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const TempDir dir;
  const fs::path path = dir.path() / "file";
  write_file_atomically(path, "");
  CHECK(sha256_of_file(path) == sha256_of_text(""));
  CHECK(md5_of_file(path) == "d41d8cd98f00b204e9800998ecf8427e");
  write_file_atomically(path, "abc");
  CHECK(sha256_of_file(path) == sha256_of_text("abc"));
  CHECK(md5_of_file(path) == "900150983cd24fb0d6963f7d28e17f72");
  // Longer than the piece that is read at once.
  const std::string large(3 * (1 << 20) + 1, 'a');
  write_file_atomically(path, large);
  CHECK(sha256_of_file(path) == sha256_of_text(large));
}

TEST_CASE("file: free space is measured at the nearest folder that exists", "[common]") {
  const ScopedEnv unset("NAS_TEST_FREE_BYTES", nullptr);
  const TempDir dir;
  CHECK(free_bytes(dir.path()) > 0);
  CHECK(free_bytes(dir.path() / "not" / "made" / "yet") > 0);
  CHECK_NOTHROW(require_free_bytes(dir.path() / "not" / "yet", 1, "test"));
}

TEST_CASE("file: too little space is said before the work begins", "[common]") {
  const ScopedEnv pretended("NAS_TEST_FREE_BYTES", "1500");
  const TempDir dir;
  CHECK_NOTHROW(require_free_bytes(dir.path(), 1500, "test"));
  CHECK_THROWS_MATCHES(require_free_bytes(dir.path(), 3e9, "transfer"), SystemError,
                       MessageMatches(ContainsSubstring(
                           "[transfer] too little disk space at " + dir.path().string() +
                           "; got 1.5 kB free; expected at least 3.0 GB")));
}

TEST_CASE("file: a folder is tried, and all is left as it was", "[common]") {
  const TempDir dir;
  const auto deep = dir.path() / "a" / "b" / "c";
  try_folder(deep, "--out");
  CHECK(std::filesystem::is_empty(dir.path()));
  std::filesystem::create_directories(dir.path() / "a");
  try_folder(deep, "--out");
  try_folder(dir.path() / "a", "--out");
  CHECK(std::filesystem::is_empty(dir.path() / "a"));
  write_file_atomically(dir.path() / "file", "no folder");
  CHECK_THROWS_MATCHES(try_folder(dir.path() / "file" / "x", "--out"), SystemError,
                       MessageMatches(ContainsSubstring("[--out] cannot make the folder")));
  CHECK_THROWS_AS(try_folder(dir.path() / "file", "--out"), SystemError);
  CHECK_THROWS_AS(try_folder("/proc/nope/x", "--out"), SystemError);
  CHECK_THROWS_AS(try_folder("/proc", "--out"), SystemError);
}

TEST_CASE("file: network file systems are recognised", "[common]") {
  {
    const ScopedEnv unset("NAS_TEST_NETWORK_FS", nullptr);
    CHECK_FALSE(on_network_file_system("/proc"));
    CHECK_FALSE(on_network_file_system("/proc/nope"));
  }
  const ScopedEnv pretended("NAS_TEST_NETWORK_FS", "1");
  CHECK(on_network_file_system("/proc"));
}

TEST_CASE("file: the cache folder follows the environment", "[common]") {
  const ScopedEnv home("HOME", "/home/someone");
  const ScopedEnv xdg("XDG_CACHE_HOME", "/var/xdg");
  const ScopedEnv own("NAS_CACHE_DIR", "/data/cache");
  CHECK(cache_dir().string() == "/data/cache");
  {
    const ScopedEnv empty("NAS_CACHE_DIR", "");
    CHECK(cache_dir().string() == "/var/xdg/nas");
    const ScopedEnv unset("XDG_CACHE_HOME", nullptr);
    CHECK(cache_dir().string() == "/home/someone/.cache/nas");
  }
  CHECK(cache_dir().string() == "/data/cache");
}

TEST_CASE("file: the running program is found", "[common]") {
  CHECK(self_path().is_absolute());
  CHECK(fs::is_regular_file(self_path()));
}

}  // namespace
}  // namespace nas::common
