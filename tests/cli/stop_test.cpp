// Being asked to stop, at any moment: it is said how to continue, and what is no run yet is not
// left behind.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/cli/searches.h"
#include "tests/data/small_dataset.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

// What a program that is started in this scope does when its terminal is closed; tests may
// themselves run under nohup.
class Hangups {
 public:
  explicit Hangups(void (*disposition)(int)) : before_(signal(SIGHUP, disposition)) {}
  ~Hangups() { signal(SIGHUP, before_); }
  Hangups(const Hangups&) = delete;
  Hangups& operator=(const Hangups&) = delete;

 private:
  void (*before_)(int);
};

// A network whose steps take long enough for a signal to come between.
std::vector<std::string> with_large_network(const std::string& words) {
  return common::split(words + " --filters 32 --batch-size 32 --threads 1 --device cpu", ' ');
}

TEST_CASE("stop: while a search times what it will cost", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(50, 10, 10, 16));
  const Hangups end(SIG_DFL);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(number);
    StartedProgram search(
        with_large_network("search --run ./r --proxy data.h5 --input-size 16 --train-images 64 "
                           "--valid-images 30 --cells 3 --workers 1"),
        dir.path());
    REQUIRE(search.says("children"));
    search.signal(number);
    CHECK(search.end() == common::kExitSignal + number);
    CHECK_THAT(search.err(), ContainsSubstring("stopped before the search began") &&
                                 ContainsSubstring("the same command"));
    CHECK_FALSE(fs::exists(dir.path() / "r"));
  }
}

TEST_CASE("stop: while a transfer times what it will cost", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(50, 10, 10, 16));
  StartedProgram transfer(with_large_network("transfer --dataset data.h5 --arch nasnet-a --out m "
                                             "--cells 4"),
                          dir.path());
  REQUIRE(transfer.says("multiply-adds"));
  transfer.signal(SIGTERM);
  CHECK(transfer.end() == common::kExitSignal + SIGTERM);
  CHECK_THAT(transfer.err(), ContainsSubstring("stopped before the training began") &&
                                 ContainsSubstring("the same command"));
  CHECK_FALSE(fs::exists(dir.path() / "m"));
}

// More trials than there are architectures: it would go on for long.
std::vector<std::string> long_search(const std::string& run) {
  return table_search(run, "random", 100000);
}

TEST_CASE("stop: while a pool of proposals is drawn", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  StartedProgram search(
      table_search("r", "model-ppo", 50, {"--prescreen", "parameters", "--pool", "10000"}),
      dir.path());
  REQUIRE(search.says("0/50 trials"));
  search.signal(SIGTERM);
  CHECK(search.end() == common::kExitSignal + SIGTERM);
  CHECK_THAT(search.err(), ContainsSubstring("continue with"));
}

TEST_CASE("stop: a search whose terminal is closed can be continued", "[cli]") {
  if (!common::program_exists("python3")) SKIP("no python3");
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const std::string script = R"(
import os, pty, signal, sys
process, terminal = pty.fork()
if process == 0:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"/100000 trials" not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])))";
  std::vector<std::string> command = {"python3", "-c", script};
  for (const auto& word : nas_command(long_search("r"))) command.push_back(word);
  const ProgramResult closed = run_command(command, dir.path());
  INFO(closed.err);
  CHECK(closed.out == std::to_string(common::kExitSignal + SIGHUP) + "\n");
  CHECK(status_of(dir.path(), "r").at("state").get<std::string>() == "interrupted");
  CHECK(fs::exists(dir.path() / "r" / "report.html"));
  CHECK(run_program({"search", "--run", "r", "--trials", "1"}, dir.path()).exit_code == 0);
}

TEST_CASE("stop: under nohup a closed terminal changes nothing", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const Hangups ignored(SIG_IGN);
  StartedProgram search(long_search("my run"), dir.path());
  REQUIRE(search.says("/100000 trials"));
  search.signal(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(search.running());
  search.signal(SIGTERM);
  CHECK(search.end() == common::kExitSignal + SIGTERM);
  CHECK_THAT(search.err(), ContainsSubstring("continue with: nas search --run './my run'\n"));
}

}  // namespace
}  // namespace nas::tests
