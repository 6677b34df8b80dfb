#include "engine/proxy_sample.h"

#include <algorithm>
#include <set>

#include "common/error.h"
#include "engine/rank_agreement.h"
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

bool has_any(const std::string& space_name, const std::vector<search_space::Architecture>& some) {
  const auto space = search_space::find_space(space_name);
  return std::any_of(some.begin(), some.end(), [&](const search_space::Architecture& one) {
    try {
      space->choices(one);
      return true;
    } catch (const common::DataError&) {
      return false;
    }
  });
}

// Published cells may be of no space; but those of another one are a slip: what is known of them
// (repeats, features) would be lost.
void check_space(const std::string& space, const std::string& file,
                 const std::vector<search_space::Architecture>& drawn) {
  if (has_any(space, drawn)) return;
  for (const auto& [other, entry] : common::Registry<search_space::SpacePlugin>::entries()) {
    if (entry.plugin.of_settings || !has_any(other, drawn)) continue;
    throw common::ConfigError({.where = "--table " + file,
                               .what = "its architectures are not of the search space",
                               .got = "--space " + space,
                               .expected = "--space " + other});
  }
}

// Before hours are spent on what cannot be answered.
void check_ranks(const std::string& file, const Worth& worth) {
  if (static_cast<int64_t>(worth.size()) < kFewestRanked) {
    throw common::DataError({.where = file,
                             .what = "too few different networks for a rank correlation",
                             .got = std::to_string(worth.size()),
                             .expected = std::to_string(kFewestRanked) + " or more"});
  }
  const auto differs = [&](const auto& one) { return one.second != worth.begin()->second; };
  if (std::any_of(worth.begin(), worth.end(), differs)) return;
  throw common::DataError({.where = file,
                           .what = "all that was drawn is worth the same, which is no order",
                           .got = std::to_string(worth.begin()->second),
                           .hint = "another --column, or more --architectures"});
}

}  // namespace

std::string name_of(const search_space::Architecture& architecture) {
  search_space::Architecture plain = architecture;
  plain.name.clear();
  return search_space::to_json(plain).dump();
}

TableSample sample_of_table(const common::Options& options) {
  const std::string file = options.text("table");
  const Table table = read_table(file, {{.option = "--column", .name = options.text("column")}});
  const std::string space_name = options.text("space");
  const auto space = search_space::find_space(space_name);
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  const auto order = common::RandomStream({.seed = seed, .purpose = "bench proxy"})
                         .permutation(static_cast<int64_t>(table.architectures.size()));
  const auto count = static_cast<size_t>(options.integer("architectures"));
  TableSample sample{.architectures = {}, .worth = {}, .column = table.columns[0]};
  std::vector<search_space::Architecture> drawn;
  std::set<std::string> keys;
  for (const int64_t row : order) {
    if (keys.size() == count) break;
    const auto i = static_cast<size_t>(row);
    try {
      const auto architecture = search_space::find_architecture(table.architectures[i]);
      if (!keys.insert(key_of(*space, architecture)).second) continue;
      sample.architectures.push_back(table.architectures[i]);
      sample.worth[name_of(architecture)] = table.values[0][i];
      drawn.push_back(architecture);
    } catch (const common::Error& error) {
      throw common::DataError({.where = table.place(i), .what = error.what()});
    }
  }
  check_space(space_name, file, drawn);
  check_ranks(file, sample.worth);
  return sample;
}

}  // namespace nas::engine
