#include "data/fetch.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "data/importer.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;

namespace {

constexpr int kCurlNoRanges = 33;  // the server cannot go on in the middle of a file

std::string url_of(const Download& download) {
  const char* base = std::getenv("NAS_FETCH_BASE_URL");
  if (base == nullptr || *base == '\0') return download.url;
  return std::string(base) + download.url.substr(download.url.rfind('/'));
}

// Removed at the end, however that comes.
class UnpackFolder {
 public:
  explicit UnpackFolder(fs::path path) : path_(std::move(path)) {
    std::error_code error;
    fs::remove_all(path_, error);
    common::make_folder(path_, "fetch");
  }
  UnpackFolder(const UnpackFolder&) = delete;
  UnpackFolder& operator=(const UnpackFolder&) = delete;
  ~UnpackFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> download_command(const std::string& url, const fs::path& part) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  if (common::program_exists("curl")) {
    return {"curl",
            "--location",
            "--fail",
            "--continue-at",
            "-",
            "--connect-timeout",
            "30",
            "--retry",
            "3",
            "--show-error",
            terminal ? "--progress-bar" : "--silent",
            "--output",
            part.string(),
            url};
  }
  if (common::program_exists("wget")) {
    return {"wget",
            "--continue",
            terminal ? "--show-progress" : "--no-verbose",
            "--output-document",
            part.string(),
            url};
  }
  return {};
}

[[noreturn]] void throw_not_fetched(const Download& download, const std::string& got) {
  throw DataError({.where = "fetch",
                   .what = "cannot download " + url_of(download),
                   .got = got,
                   .hint = "the same command again (it goes on where it stopped); or bring the "
                           "archive from another machine and unpack it, so that " +
                           (common::cache_dir() / download.folder).string() + " exists"});
}

void download_part(const Download& download, const fs::path& part) {
  const auto command = download_command(url_of(download), part);
  if (command.empty()) throw_not_fetched(download, "neither curl nor wget is installed");
  common::ProcessOptions options;
  options.arguments = command;
  options.quiet = true;
  common::ProcessStatus status = common::Process(options).wait();
  std::error_code error;
  if (status.exit_code == kCurlNoRanges && fs::remove(part, error)) {
    status = common::Process(options).wait();
  }
  if (status.exit_code != 0 || status.signal != 0) {
    throw_not_fetched(download, command.front() + ": " + status.text());
  }
}

void check_digest(const Download& download, const fs::path& part) {
  const std::string md5 = common::md5_of_file(part);
  if (md5 == download.md5) return;
  fs::remove(part);
  throw DataError({.where = "fetch",
                   .what = "wrong checksum of " + url_of(download) + "; the file was removed",
                   .got = "MD5 " + md5,
                   .expected = download.md5,
                   .hint = "the same command again"});
}

// The checked archive, in the cache folder.
fs::path archive_of(const Download& download) {
  const fs::path folder = common::cache_dir() / "downloads";
  const fs::path archive = folder / fs::path(download.url).filename();
  const fs::path part = archive.string() + ".part";
  if (fs::exists(archive) && common::md5_of_file(archive) == download.md5) return archive;
  common::require_free_bytes(folder, download.bytes, "fetch");
  common::make_folder(folder, "fetch");
  common::log_info("downloading " + url_of(download));
  if (!fs::exists(part) || common::md5_of_file(part) != download.md5) {
    download_part(download, part);
    check_digest(download, part);
  }
  common::publish_file(part, archive);
  return archive;
}

std::string digest_mark(const Download& download) { return " (MD5 " + download.md5 + ")"; }

bool was_fetched(const fs::path& file, const Download& download) {
  try {
    const std::string provenance = read_dataset_info(file).header.provenance;
    return provenance.find(digest_mark(download)) != std::string::npos;
  } catch (const common::Error&) {
    return false;
  }
}

}  // namespace

const std::vector<Download>& downloads() {
  static const std::vector<Download> all = {
      {.name = "cifar10",
       .url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
       .md5 = "c32a1d4ab5d03f1284b67883e8d87530",
       .folder = "cifar-10-batches-bin",
       .importer = "cifar10",
       .bytes = 600e6},
      {.name = "cifar100",
       .url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
       .md5 = "03b5dce01913d631647c71ecec9e9cb8",
       .folder = "cifar-100-binary",
       .importer = "cifar100",
       .bytes = 600e6},
  };
  return all;
}

const Download& find_download(const std::string& name) {
  std::vector<std::string> names;
  for (const Download& download : downloads()) {
    if (download.name == name) return download;
    names.push_back(download.name);
  }
  const std::string near = common::nearest(name, names);
  throw common::UsageError(
      {.where = "fetch",
       .what = "no download is known for this dataset",
       .got = "'" + name + "'",
       .expected = "one of: " + common::join(names, ", "),
       .hint = (near.empty() ? "" : near + ", or ") + "nas data import, for files that you have"});
}

fs::path fetch_dataset(const Download& download, const fs::path& data_dir, bool replace) {
  fs::path target = dataset_path(download.name, data_dir);
  if (!replace && was_fetched(target, download)) return target;
  target = place_for_dataset(download.name, data_dir, replace);
  const fs::path archive = archive_of(download);
  const UnpackFolder unpacked(archive.string() + ".unpacked" + std::to_string(getpid()));
  common::log_info("unpacking " + archive.string());
  common::run_and_capture({"tar", "-xzf", archive.string(), "-C", unpacked.path().string()});
  ImportRequest request;
  request.name = download.name;
  request.from = unpacked.path() / download.folder;
  ImportReport report = import_dataset(request, download.importer);
  // The place that the importer names is gone in a moment; where the archive came from is not.
  std::string& provenance = report.dataset.provenance;
  provenance = provenance.substr(0, provenance.find(", imported from ")) + ", fetched from " +
               url_of(download) + digest_mark(download);
  write_dataset(target, report.dataset);
  return target;
}

}  // namespace nas::data
