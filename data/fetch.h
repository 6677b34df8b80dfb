// Datasets that can be downloaded: fetched once, checked, imported and kept as a container.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nas::data {

struct Download {
  std::string name;      // of the dataset
  std::string url;       // of a .tar.gz; $NAS_FETCH_BASE_URL replaces all before its last '/'
  std::string md5;       // of the archive, as its publisher gives it
  std::string folder;    // that the archive unpacks to
  std::string importer;  // for that folder
  double bytes = 0;      // of disk that archive, unpacked files and container need
};

const std::vector<Download>& downloads();
const Download& find_download(const std::string& name);  // throws UsageError with the known names

// The file of the container, in `data_dir` or the cache folder; at once when it was fetched before.
// An interrupted download goes on where it stopped. Throws ConfigError: there is another dataset of
// that name, and no `replace`; DataError: no network, wrong checksum; SystemError: disk full.
std::filesystem::path fetch_dataset(const Download& download, const std::filesystem::path& data_dir,
                                    bool replace = false);

}  // namespace nas::data
