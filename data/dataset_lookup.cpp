#include "data/dataset_lookup.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/drawn_dataset.h"
#include "data/fetch.h"
#include "data/importer.h"
#include "data/renderer.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;
using common::Registry;

namespace {

// Where raw files lie in a data folder; the importer of the dataset's name looks whether they do.
struct RawPlace {
  const char* dataset;
  const char* folder;
};
constexpr RawPlace kRawPlaces[] = {{"cifar10", "cifar-10-batches-bin"},
                                   {"cifar10", "."},
                                   {"cifar100", "cifar-100-binary"},
                                   {"cifar100", "."},
                                   {"mnist", "mnist"},
                                   {"mnist", "MNIST/raw"},
                                   {"mnist", "."}};

std::vector<fs::path> places(const fs::path& data_dir) {
  std::vector<fs::path> folders;
  if (!data_dir.empty()) folders.push_back(data_dir);
  if (const char* dir = std::getenv("NAS_DATA_DIR"); dir != nullptr && *dir != '\0') {
    folders.emplace_back(dir);
  }
  folders.push_back(common::cache_dir());
  return folders;
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// As find_dataset() takes it; all else is a path.
bool is_dataset_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
}

bool is_container_name(const std::string& name) { return fs::path(name).extension() == ".h5"; }

// The raw files of a dataset; empty when there are none.
fs::path find_raw(const std::string& name, const fs::path& data_dir) {
  if (!Registry<Importer>::contains(name)) return {};
  const Importer& importer = Registry<Importer>::find(name);
  for (const fs::path& place : places(data_dir)) {
    for (const RawPlace& raw : kRawPlaces) {
      if (raw.dataset != name) continue;
      const fs::path from = (place / raw.folder).lexically_normal();
      if (importer.recognises(from)) return from;
    }
  }
  return {};
}

std::optional<FoundDataset> find_container(const std::string& name, const fs::path& data_dir) {
  for (const fs::path& place : places(data_dir)) {
    const fs::path file = place / (name + ".h5");
    if (!is_file(file)) continue;
    const bool cached = place == common::cache_dir();
    if (cached && Registry<Renderer>::contains(name) &&
        !is_up_to_date(file, Registry<Renderer>::find(name))) {
      draw_into(file, Registry<Renderer>::find(name));
      return FoundDataset{file, "drawn again: the one in the cache was of another version of nas"};
    }
    return FoundDataset{file, ""};
  }
  return std::nullopt;
}

FoundDataset import_raw(const std::string& name, const fs::path& from) {
  common::log_info("importing " + name + " from " + from.string());
  ImportRequest request;
  request.name = name;
  request.from = from;
  const ImportReport report = import_dataset(request, name);
  const fs::path file = dataset_path(name, "");
  write_dataset(file, report.dataset);
  const int64_t images =
      report.dataset.train.count() + report.dataset.valid.count() + report.dataset.test.count();
  return {file, "imported " + common::with_commas(images) + " images from " + from.string()};
}

FoundDataset draw(const Renderer& renderer) {
  const fs::path file = dataset_path(renderer.name, "");
  draw_into(file, renderer);
  return {file, "drawn by nas (synthetic images): " + file.string()};
}

[[noreturn]] void throw_not_found(const std::string& name, const fs::path& data_dir) {
  std::vector<std::string> searched;
  for (const fs::path& place : places(data_dir)) searched.push_back(place.string());
  std::vector<std::string> known;
  for (const ListedDataset& dataset : list_datasets(data_dir)) known.push_back(dataset.name);
  std::string hint = "nas data import, for images that you have";
  if (const std::string near = common::nearest(name, known); !near.empty()) {
    hint = near + ", or " + hint;
  }
  for (const Download& download : downloads()) {
    if (download.name == name) hint = "nas data fetch " + name + ", or " + hint;
  }
  throw DataError({.where = "data",
                   .what = "no dataset " + name + "; searched " + common::join(searched, ", "),
                   .expected = "a .h5 file or one of: " + common::join(known, ", "),
                   .hint = hint});
}

std::string summary_of(const fs::path& file) {
  try {
    const DatasetInfo info = read_dataset_info(file);
    return std::to_string(info.header.class_count()) + " classes, " +
           common::with_commas(info.train) + " + " + common::with_commas(info.valid) + " + " +
           common::with_commas(info.test) + " images of " + std::to_string(info.header.height) +
           "x" + std::to_string(info.header.width) +
           (info.header.synthetic ? ", synthetic: " : ": ") + file.string();
  } catch (const common::Error& error) {
    return std::string("cannot be read: ") + error.what();
  }
}

std::string raw_summary(const fs::path& from) {
  return "imported when first used, from " + from.string();
}

// What the name stands for already, in words; empty: nothing that a dataset in `file`, made of what
// lies in `source`, would take the place of.
std::string taken_by(const std::string& name, const fs::path& data_dir, const fs::path& file,
                     const fs::path& source) {
  std::error_code error;
  if (fs::exists(file, error)) return summary_of(file);
  if (source.empty()) return "";
  const fs::path raw = find_raw(name, data_dir);
  if (raw.empty() || fs::equivalent(raw, source, error)) return "";
  if (fs::equivalent(raw.parent_path(), source, error)) return "";  // importers look below it, too
  return raw_summary(raw);
}

std::vector<fs::path> containers_in(const fs::path& place) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(place, error)) {
    const std::string name = entry.path().filename().string();
    if (is_container_name(name) && name.front() != '.' && is_file(entry.path())) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

FoundDataset find_dataset(const std::string& name, const fs::path& data_dir) {
  if (is_file(name)) return {name, ""};
  if (is_container_name(name)) {
    throw DataError(
        {.where = "data", .what = "no such file: " + name, .hint = "nas list datasets"});
  }
  if (!is_dataset_name(name)) throw_not_found("'" + name + "'", data_dir);
  if (const auto found = find_container(name, data_dir)) return *found;
  if (const fs::path from = find_raw(name, data_dir); !from.empty()) return import_raw(name, from);
  if (Registry<Renderer>::contains(name)) return draw(Registry<Renderer>::find(name));
  throw_not_found(name, data_dir);
}

fs::path dataset_path(const std::string& name, const fs::path& data_dir) {
  return (data_dir.empty() ? common::cache_dir() : data_dir) / (name + ".h5");
}

fs::path place_for_dataset(const std::string& name, const fs::path& data_dir, bool replace,
                           const fs::path& source) {
  if (!is_dataset_name(name) || is_container_name(name)) {
    throw common::UsageError({.where = "data",
                              .what = "not a name for a dataset",
                              .got = "'" + name + "'",
                              .expected = "a name without '/' and .h5, such as shores",
                              .hint = "--data-dir, for another folder"});
  }
  const fs::path file = dataset_path(name, data_dir);
  const std::string taken = replace ? "" : taken_by(name, data_dir, file, source);
  if (!taken.empty()) {
    throw common::ConfigError({.where = "data",
                               .what = "there is a dataset " + name + " already: " + taken,
                               .hint = "--replace, or another name"});
  }
  common::require_writable(file);
  return file;
}

std::vector<ListedDataset> list_datasets(const fs::path& data_dir) {
  std::vector<ListedDataset> listed;
  std::set<std::string> names;
  const auto add = [&](const std::string& name, const std::string& summary) {
    if (names.insert(name).second) listed.push_back({.name = name, .summary = summary});
  };
  for (const fs::path& place : places(data_dir)) {
    for (const fs::path& file : containers_in(place)) add(file.stem().string(), summary_of(file));
  }
  for (const RawPlace& raw : kRawPlaces) {
    const fs::path from = find_raw(raw.dataset, data_dir);
    if (!from.empty()) add(raw.dataset, raw_summary(from));
  }
  for (const auto& [name, entry] : Registry<Renderer>::entries()) {
    add(name, "drawn when first used: " + entry.plugin.summary);
  }
  for (const Download& download : downloads()) {
    add(download.name, "nas data fetch " + download.name + " downloads it");
  }
  return listed;
}

}  // namespace nas::data
