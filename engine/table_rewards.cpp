#include "engine/table_rewards.h"

#include "common/error.h"
#include "engine/table_file.h"

namespace nas::engine {

void TableRewards::check(const common::Options& options) {
  if (options.text("space") != "nasbench201") {
    throw common::ConfigError({.where = "--evaluator " + options.text("evaluator"),
                               .what = "tables name architectures by NAS-Bench-201 strings",
                               .got = "--space " + options.text("space"),
                               .expected = "--space nasbench201"});
  }
  if (options.is_given("reward")) {
    throw common::ConfigError({.where = "--reward",
                               .what = "nothing is trained whose metrics could be rewarded",
                               .expected = "--reward-column, the table's column"});
  }
  TableRewards rewards(options);
}

TableRewards::TableRewards(const common::Options& options) : file_(options.text("table")) {
  const Table table = read_table(file_, {options.text("reward-column")});
  for (size_t i = 0; i < table.architectures.size(); ++i)
    rewards_[table.architectures[i]] = table.values[0][i];
  if (rewards_.empty()) throw common::DataError({.where = file_, .what = "the table has no rows"});
}

double TableRewards::of(const search_space::Architecture& architecture) const {
  const std::string name = search_space::to_nasbench201_text(architecture);
  const auto found = rewards_.find(name);
  if (found == rewards_.end())
    throw common::TrialError({.where = file_, .what = "no row for " + name});
  return found->second;
}

}  // namespace nas::engine
