// Rewards from a CSV: makes searches, and tests of the engine, take milliseconds.
#include <charconv>
#include <fstream>
#include <map>

#include "common/error.h"
#include "common/text.h"
#include "engine/evaluator.h"

namespace nas::engine {
namespace {

class Table {
 public:
  Table(const std::string& path, const std::string& reward_column) : path_(path) {
    std::ifstream stream(path);
    std::string line;
    if (!std::getline(stream, line)) {
      throw common::DataError({.where = "--table",
                               .what = "cannot read",
                               .got = "'" + path + "'",
                               .expected = "a CSV with a header line"});
    }
    const auto header = common::split(common::trim(line), ',');
    const auto column = [&](const std::string& name) -> size_t {
      for (size_t i = 0; i < header.size(); ++i) {
        if (header[i] == name) return i;
      }
      throw common::DataError({.where = "--table",
                               .what = "no column '" + name + "'",
                               .got = common::join(header, ", ")});
    };
    const size_t arch = column("arch");
    const size_t reward = reward_column.empty() ? (arch == 0 ? 1 : 0) : column(reward_column);
    if (header.size() < 2)
      throw common::DataError({.where = "--table", .what = "no reward column", .got = line});
    for (int64_t number = 2; std::getline(stream, line); ++number) {
      const auto cells = common::split(common::trim(line), ',');
      double value = 0;
      const bool whole = cells.size() == header.size();
      const std::string text = whole ? cells[reward] : "";
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (!whole || error != std::errc() || end != text.data() + text.size()) {
        throw common::DataError(
            {.where = path + ":" + std::to_string(number),
             .what = "not a row of the table",
             .got = "'" + line + "'",
             .expected = std::to_string(header.size()) + " columns and a number as reward"});
      }
      rewards_[cells[arch]] = value;
    }
  }

  double reward(const std::string& architecture) const {
    const auto found = rewards_.find(architecture);
    if (found == rewards_.end())
      throw common::TrialError({.where = path_, .what = "no row for " + architecture});
    return found->second;
  }

 private:
  std::string path_;
  std::map<std::string, double> rewards_;
};

class TableEvaluator : public Evaluator {
 public:
  explicit TableEvaluator(Table table) : table_(std::move(table)) {}

  Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) override {
    if (!keep_going()) return Verdict::kStopped;
    try {
      trial.reward = table_.reward(search_space::to_nasbench201_text(trial.architecture));
      trial.state = TrialState::kSucceeded;
    } catch (const common::Error& error) {
      trial.state = TrialState::kFailed;
      trial.reason = error.what();
    }
    return Verdict::kDone;
  }

 private:
  Table table_;
};

Table table_from(const common::Options& options) {
  return {options.text("table"), options.text("reward-column")};
}

const common::Register<EvaluatorPlugin> kRegister{
    {.name = "table",
     .summary = "Looks the reward up in a CSV (--table)",
     .check =
         [](const common::Options& options) {
           if (options.text("space") != "nasbench201") {
             throw common::ConfigError(
                 {.where = "--evaluator table",
                  .what = "tables name architectures by NAS-Bench-201 strings",
                  .got = "--space " + options.text("space"),
                  .expected = "--space nasbench201"});
           }
           table_from(options);
         },
     .make = [](const RunFolder&, const common::Options& options) -> std::unique_ptr<Evaluator> {
       return std::make_unique<TableEvaluator>(table_from(options));
     },
     .needs_proxy = false}};

}  // namespace
}  // namespace nas::engine
