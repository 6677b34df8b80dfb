#include "data/importer.h"

#include <unistd.h>

#include "common/error.h"
#include "common/text.h"

namespace nas::data {

namespace fs = std::filesystem;
using common::DataError;
using common::Registry;

namespace {

const Importer& recognising(const fs::path& from) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : Registry<Importer>::entries()) {
    if (entry.plugin.recognises(from)) names.push_back(name);
  }
  if (names.size() == 1) return Registry<Importer>::find(names.front());
  if (names.empty()) {
    std::error_code error;
    throw DataError(
        {.where = "import",
         .what = "no importer recognises " + from.string(),
         .expected = "a source for one of: " + common::join(Registry<Importer>::names(), ", "),
         .hint = fs::is_directory(from, error) ? "a folder of images with one folder for each class"
                                               : "a folder; archives are unpacked first"});
  }
  throw DataError({.where = "import",
                   .what = "several importers recognise " + from.string(),
                   .got = common::join(names, ", "),
                   .hint = "the name of one of them, or the folder of one dataset"});
}

}  // namespace

ImportReport import_dataset(const ImportRequest& request, const std::string& importer) {
  std::error_code error;
  if (!fs::exists(request.from, error)) {
    throw DataError({.where = "import",
                     .what = "no such file or folder: " + request.from.string(),
                     .expected = "the folder that holds the images, or a dataset's own files"});
  }
  if (access(request.from.c_str(), R_OK) != 0) {
    throw DataError({.where = "import",
                     .what = "cannot read " + request.from.string(),
                     .hint = "its permissions"});
  }
  const Importer& chosen =
      importer.empty() ? recognising(request.from) : Registry<Importer>::find(importer);
  ImportReport report = chosen.run(request);
  check(report.dataset, request.from.string());
  return report;
}

}  // namespace nas::data
