#include "data/fetch.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "common/process.h"
#include "common/registry.h"
#include "data/dataset_file.h"
#include "data/importer.h"
#include "tests/data/small_dataset.h"
#include "tests/support/scoped_env.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;

namespace {

// An archive in a folder that stands for the server, and a cache folder of its own.
class Server {
 public:
  Server()
      : cache_("NAS_CACHE_DIR", (dir_.path() / "cache").c_str()),
        base_("NAS_FETCH_BASE_URL", ("file://" + served().string()).c_str()) {
    if (!common::program_exists("curl")) SKIP("curl is not installed");
    write_small_mnist(dir_.path() / "digits");
    fs::create_directories(served());
    common::run_and_capture(
        {"tar", "-czf", archive().string(), "-C", dir_.path().string(), "digits"});
    download.name = "digits";
    download.url = "https://example.invalid/files/digits.tar.gz";
    download.md5 = common::md5_of_file(archive());
    download.folder = "digits";
    download.importer = "mnist";
    download.bytes = 1e5;
  }

  fs::path served() const { return dir_.path() / "served"; }
  fs::path archive() const { return served() / "digits.tar.gz"; }
  fs::path cache() const { return dir_.path() / "cache"; }
  fs::path downloaded() const { return cache() / "downloads" / "digits.tar.gz"; }
  fs::path part() const { return cache() / "downloads" / "digits.tar.gz.part"; }

  data::Download download;

 private:
  TempDir dir_;
  ScopedEnv cache_;
  ScopedEnv base_;
};

}  // namespace

TEST_CASE("A dataset is downloaded, imported and kept", "[data]") {
  const Server server;
  const fs::path file = data::fetch_dataset(server.download, "");
  CHECK(file == server.cache() / "digits.h5");
  const data::DatasetInfo info = data::read_dataset_info(file);
  CHECK(info.train == 40);
  CHECK(info.header.provenance.find("digits.tar.gz (MD5 " + server.download.md5) !=
        std::string::npos);
  CHECK(info.header.provenance.find("unpacked") == std::string::npos);
  for (const auto& entry : fs::directory_iterator(server.cache() / "downloads")) {
    CHECK(entry.path() == server.downloaded());
  }

  fs::remove(server.archive());
  CHECK(data::fetch_dataset(server.download, "") == file);
  const TempDir other;
  CHECK(data::fetch_dataset(server.download, other.path()) == other.path() / "digits.h5");
}

TEST_CASE("A download does not overwrite another dataset of its name unless asked", "[data]") {
  const Server server;
  const fs::path file = server.cache() / "digits.h5";
  data::write_dataset(file, noise_dataset());
  REQUIRE_THROWS_AS(data::fetch_dataset(server.download, ""), common::ConfigError);
  REQUIRE_THROWS_WITH(data::fetch_dataset(server.download, ""), ContainsSubstring(file.string()));
  CHECK(data::read_dataset_info(file).train == 30);
  CHECK(data::fetch_dataset(server.download, "", true) == file);
  CHECK(data::read_dataset_info(file).train == 40);
}

TEST_CASE("An interrupted download goes on", "[data]") {
  const Server server;
  const std::string bytes = common::read_file(server.archive());
  common::write_file_atomically(server.part(), bytes.substr(0, bytes.size() / 2));
  CHECK(fs::exists(data::fetch_dataset(server.download, "")));
  CHECK_FALSE(fs::exists(server.part()));
}

TEST_CASE("A download that had only to be renamed is used", "[data]") {
  const Server server;
  fs::create_directories(server.part().parent_path());
  fs::rename(server.archive(), server.part());
  CHECK(fs::exists(data::fetch_dataset(server.download, "")));
}

TEST_CASE("A download with a wrong checksum is removed and refused", "[data]") {
  Server server;
  server.download.md5 = std::string(32, '0');
  REQUIRE_THROWS_AS(data::fetch_dataset(server.download, ""), DataError);
  REQUIRE_THROWS_WITH(data::fetch_dataset(server.download, ""), ContainsSubstring("checksum"));
  CHECK(fs::is_empty(server.cache() / "downloads"));
  CHECK_FALSE(fs::exists(server.cache() / "digits.h5"));
}

TEST_CASE("Without a network the message says what to do", "[data]") {
  const Server server;
  fs::remove(server.archive());
  REQUIRE_THROWS_AS(data::fetch_dataset(server.download, ""), DataError);
  REQUIRE_THROWS_WITH(data::fetch_dataset(server.download, ""),
                      ContainsSubstring("file://" + server.archive().string()));
  REQUIRE_THROWS_WITH(data::fetch_dataset(server.download, ""),
                      ContainsSubstring((server.cache() / "digits").string()));
}

TEST_CASE("Without curl and wget the message says so", "[data]") {
  const Server server;
  const ScopedEnv path("PATH", "/nonexistent");
  REQUIRE_THROWS_WITH(data::fetch_dataset(server.download, ""),
                      ContainsSubstring("neither curl nor wget"));
}

TEST_CASE("Too little disk space is told before the download", "[data]") {
  const Server server;
  const ScopedEnv little("NAS_TEST_FREE_BYTES", "1000");
  REQUIRE_THROWS_AS(data::fetch_dataset(server.download, ""), common::SystemError);
  CHECK_FALSE(fs::exists(server.part()));
}

TEST_CASE("The known downloads fit their importers", "[data]") {
  for (const data::Download& download : data::downloads()) {
    CAPTURE(download.name);
    CHECK(common::Registry<data::Importer>::contains(download.importer));
    CHECK(download.url.substr(0, 8) == "https://");
    CHECK(download.md5.size() == 32);
    CHECK(download.bytes > 1e6);
    CHECK(&data::find_download(download.name) == &download);
  }
  REQUIRE_THROWS_AS(data::find_download("unheard-of"), common::UsageError);
  REQUIRE_THROWS_WITH(data::find_download("unheard-of"), ContainsSubstring("cifar10"));
  REQUIRE_THROWS_WITH(data::find_download("cifr10"), ContainsSubstring("try cifar10, or nas data"));
}

}  // namespace nas::tests
