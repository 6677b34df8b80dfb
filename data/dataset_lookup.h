// From the name of a dataset to its images.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace nas::data {

struct FoundDataset {
  std::filesystem::path file;  // of the container
  std::string note;            // what was done to get it, for the console; may be empty
};

// `name` is a file (a path that exists, or ends in .h5) or a dataset name. A name is looked up as
// NAME.h5, and as raw files to import (a cifar-10-batches-bin/ or cifar-100-binary/ folder, MNIST
// files), in `data_dir`, $NAS_DATA_DIR and the cache folder, in this order; what is imported or
// drawn (`coastline`, `shapes`) is kept in the cache folder. Throws DataError that lists the places
// searched and how to get the dataset.
FoundDataset find_dataset(const std::string& name, const std::filesystem::path& data_dir);

// Where `import`, `fetch` and `make` put a dataset: data_dir if given, else the cache folder.
std::filesystem::path dataset_path(const std::string& name, const std::filesystem::path& data_dir);

// The same, before any work is done for it. Throws UsageError for what cannot be a name,
// ConfigError when there is a dataset already and `replace` is not given (the old one stays until
// the new one is complete), SystemError when the folder cannot be written. Where `source` is to be
// imported, other raw files that the name stands for are such a dataset, too.
std::filesystem::path place_for_dataset(const std::string& name,
                                        const std::filesystem::path& data_dir, bool replace,
                                        const std::filesystem::path& source = {});

// Names of the containers in the three places, and the names that can be made or imported.
struct ListedDataset {
  std::string name;
  std::string summary;
};
std::vector<ListedDataset> list_datasets(const std::filesystem::path& data_dir);

}  // namespace nas::data
