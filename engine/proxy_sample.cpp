#include "engine/proxy_sample.h"

#include <set>

#include "common/error.h"
#include "engine/table_file.h"
#include "search_space/space.h"

namespace nas::engine {

namespace {

std::string key_of(const search_space::Space& space, const search_space::Architecture& one) {
  try {
    return space.key(space.choices(one));
  } catch (const common::DataError&) {  // not of the space
    return name_of(one);
  }
}

}  // namespace

std::string name_of(const search_space::Architecture& architecture) {
  search_space::Architecture plain = architecture;
  plain.name.clear();
  return search_space::to_json(plain).dump();
}

TableSample sample_of_table(const common::Options& options) {
  const std::string file = options.text("table");
  const Table table = read_table(file, {options.text("column")});
  const auto space = search_space::find_space(options.text("space"));
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  const auto order = common::RandomStream({.seed = seed, .purpose = "bench proxy"})
                         .permutation(static_cast<int64_t>(table.architectures.size()));
  const auto count = static_cast<size_t>(options.integer("architectures"));
  TableSample sample;
  std::set<std::string> keys;
  for (const int64_t row : order) {
    if (keys.size() == count) break;
    const auto i = static_cast<size_t>(row);
    try {
      const auto architecture = search_space::find_architecture(table.architectures[i]);
      if (!keys.insert(key_of(*space, architecture)).second) continue;
      sample.architectures.push_back(table.architectures[i]);
      sample.worth[name_of(architecture)] = table.values[0][i];
    } catch (const common::Error& error) {
      throw common::DataError({.where = file + ":" + std::to_string(i + 2), .what = error.what()});
    }
  }
  return sample;
}

}  // namespace nas::engine
