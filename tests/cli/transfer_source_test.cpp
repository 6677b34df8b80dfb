// Which architecture nas transfer takes when none is named.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "data/dataset_file.h"
#include "engine/run_store.h"
#include "tests/cli/searches.h"
#include "tests/data/small_dataset.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::Json;

ProgramResult transfer(const fs::path& dir, std::vector<std::string> more) {
  more.insert(more.begin(), {"transfer", "--dataset", "data.h5", "--cells", "1", "--filters", "4",
                             "--epochs", "1", "--batch-size", "16", "--threads", "1"});
  return run_program(more, dir);
}

// dir/data.h5, and runs/NAME as a search on `table` of five trials leaves it.
void make_run(const fs::path& dir, const std::string& name, int exit_code) {
  if (!fs::exists(dir / "data.h5")) data::write_dataset(dir / "data.h5", noise_dataset());
  const ProgramResult made = run_program(table_search("runs/" + name, "random", 5), dir);
  INFO(made.err);
  REQUIRE(made.exit_code == exit_code);
}

TEST_CASE("transfer: takes the best of the newest run that has a finished trial", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  make_run(dir.path(), "good", 0);
  common::write_file_atomically(dir.path() / "table.csv", "arch,reward\nnobody,1\n");
  make_run(dir.path(), "failed", 4);
  fs::copy(dir.path() / "runs" / "failed", dir.path() / "runs" / "damaged",
           fs::copy_options::recursive);
  common::write_file_atomically(dir.path() / "runs" / "damaged" / "config.toml", "= 1\n");
  const auto now = fs::file_time_type::clock::now();
  int age = 3;
  for (const std::string name : {"good", "failed", "damaged"})
    fs::last_write_time(dir.path() / "runs" / name / "config.toml",
                        now - std::chrono::hours(age--));

  const ProgramResult made = transfer(dir.path(), {"--out", "model"});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK_THAT(made.err, ContainsSubstring("run runs/damaged is passed over") &&
                           ContainsSubstring("of run runs/good"));
  const Json status = status_of(dir.path(), "good");
  Json best;
  for (const auto& trial : status.at("trials")) {
    if (best.is_null() || trial.at("reward") > best.at("reward")) best = trial;
  }
  const Json model = common::read_json(dir.path() / "model" / "model.json");
  CHECK(model.at("provenance").at("run").get<std::string>() == "good");
  CHECK(model.at("provenance").at("trial") == best.at("id"));
  CHECK(model.at("provenance").at("reward") == best.at("reward"));
  CHECK(model.at("architecture").at("cells") == best.at("architecture").at("cells"));

  CHECK_THAT(transfer(dir.path(), {"--run", "latest", "--dry-run"}).err,
             ContainsSubstring("of run runs/good"));
  const ProgramResult named = transfer(dir.path(), {"--run", "failed", "--dry-run"});
  CHECK(named.exit_code == 4);
  CHECK_THAT(named.err,
             ContainsSubstring("runs/failed") && ContainsSubstring("it has no finished trial yet"));
  fs::remove_all(dir.path() / "runs" / "good");
  const ProgramResult none = transfer(dir.path(), {"--dry-run"});
  CHECK(none.exit_code == 4);
  CHECK_THAT(none.err, ContainsSubstring("no run with a finished trial under"));
}

TEST_CASE("transfer: from an unfinished run it says so", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  make_run(dir.path(), "r", 0);
  CHECK_THAT(transfer(dir.path(), {"--dry-run"}).err, !ContainsSubstring("so far"));
  engine::open_store(engine::RunFolder(dir.path() / "runs" / "r")).set_meta("end", "");
  const ProgramResult result = transfer(dir.path(), {"--dry-run"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err,
             ContainsSubstring("run runs/r is interrupted: its best trial so far is taken"));
}

}  // namespace
}  // namespace nas::tests
