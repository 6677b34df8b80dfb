#include "common/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <thread>
#include <utility>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "tests/support/temp_dir.h"

namespace nas::common {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using tests::TempDir;

constexpr int kPatience = 20000;  // milliseconds

ProcessOptions shell(const std::string& script) {
  return {.arguments = {"sh", "-c", script}, .pipe_stdout = true};
}

std::string first_line(const ProcessOptions& options) {
  return Process(options).read_line(kPatience).value_or("no line");
}

TEST_CASE("process: lines go in and out by pipes", "[common]") {
  Process process({.arguments = {"cat"}, .pipe_stdin = true, .pipe_stdout = true});
  CHECK(process.pid() > 0);
  for (const std::string line : {"one", "", "three words here"}) {
    REQUIRE(process.write_line(line));
    CHECK(process.read_line(kPatience).value_or("no line") == line);
  }
  CHECK_FALSE(process.at_end());
  CHECK_FALSE(process.poll().has_value());
  process.close_stdin();
  CHECK_FALSE(process.read_line(kPatience).has_value());
  CHECK(process.at_end());
  CHECK(process.wait().exit_code == 0);
  CHECK_FALSE(process.write_line("after the end"));
}

TEST_CASE("process: read_line gives up after its timeout and not for ever", "[common]") {
  Process process(shell("echo now; exec sleep 60"));
  CHECK(process.read_line(kPatience).value_or("no line") == "now");
  const double start = monotonic_seconds();
  CHECK_FALSE(process.read_line(50).has_value());
  CHECK(monotonic_seconds() - start < 30);
  CHECK_FALSE(process.at_end());
}

TEST_CASE("process: lines that come together are given one by one", "[common]") {
  Process process(shell("printf 'one\\ntwo\\n\\nfour\\n'"));
  for (const std::string line : {"one", "two", "", "four"}) {
    CHECK(process.read_line(kPatience).value_or("no line") == line);
  }
  CHECK_FALSE(process.read_line(kPatience).has_value());
  CHECK(process.at_end());
}

TEST_CASE("process: the exit code or the signal is told", "[common]") {
  Process failed(shell("exit 3"));
  CHECK(failed.wait().exit_code == 3);
  CHECK(failed.wait().signal == 0);
  CHECK(failed.wait().text() == "exit code 3");
  Process killed(shell("kill -9 $$"));
  CHECK(killed.wait().signal == 9);
  CHECK(killed.wait().text() == "signal 9");
}

TEST_CASE("process: a signal is sent and poll does not wait", "[common]") {
  Process process({.arguments = {"sleep", "60"}});
  CHECK_FALSE(process.poll().has_value());
  process.signal(SIGTERM);
  CHECK(process.wait().signal == SIGTERM);
  REQUIRE(process.poll().has_value());
  process.signal(SIGTERM);  // nobody is there any more
}

TEST_CASE("process: what was said before the end is read after it", "[common]") {
  Process process(shell("echo result; kill -9 $$"));
  CHECK(process.wait().signal == 9);
  CHECK_FALSE(process.at_end());
  CHECK(process.read_line(kPatience).value_or("no line") == "result");
  CHECK_FALSE(process.read_line(kPatience).has_value());
  CHECK(process.at_end());
}

TEST_CASE("process: one that closed its output but does not end is killed", "[common]") {
  Process hanging(shell("exec >&-; exec sleep 60"));
  CHECK_FALSE(hanging.read_line(kPatience).has_value());
  CHECK(hanging.at_end());
  const double start = monotonic_seconds();
  CHECK(hanging.wait_or_kill(0.05).signal == SIGKILL);
  CHECK(monotonic_seconds() - start < 30);
  CHECK(hanging.wait_or_kill(0.05).signal == SIGKILL);
  Process ending(shell("exit 3"));
  CHECK(ending.wait_or_kill(60).text() == "exit code 3");
}

TEST_CASE("process: none outlives its object", "[common]") {
  pid_t pid = 0;
  {
    const Process process({.arguments = {"sleep", "60"}});
    pid = process.pid();
    CHECK(kill(pid, 0) == 0);
  }
  CHECK(kill(pid, 0) != 0);
}

TEST_CASE("process: variables are added to the environment", "[common]") {
  ProcessOptions options = shell("echo \"$NAS_TEST_GIVEN $HOME ${PATH:+kept}\"");
  options.environment = {{"NAS_TEST_GIVEN", "a=b c"}, {"HOME", "/elsewhere"}};
  CHECK(first_line(options) == "a=b c /elsewhere kept");
  CHECK(std::getenv("NAS_TEST_GIVEN") == nullptr);
}

TEST_CASE("process: stdin is empty unless it is piped", "[common]") {
  Process process({.arguments = {"cat"}, .pipe_stdout = true});
  CHECK(process.stdin_fd() == -1);
  CHECK_FALSE(process.read_line(kPatience).has_value());
  CHECK(process.wait().exit_code == 0);
}

TEST_CASE("process: stderr is appended to a file", "[common]") {
  const TempDir dir;
  for (const std::string word : {"one", "two"}) {
    ProcessOptions options = shell("echo " + word + " >&2");
    options.stderr_file = dir.path() / "log.txt";
    CHECK(Process(options).wait().exit_code == 0);
  }
  CHECK(read_file(dir.path() / "log.txt") == "one\ntwo\n");
}

TEST_CASE("process: its own stderr can be turned to a file", "[common]") {
  const TempDir dir;
  const int old = dup(STDERR_FILENO);
  for (const std::string file : {"a/log.txt", "b", "a/log.txt"}) {
    append_stderr_to(dir.path() / file);
    REQUIRE(write(STDERR_FILENO, "x\n", 2) == 2);
  }
  CHECK_THROWS_AS(append_stderr_to(dir.path() / "b/not-in-a-file"), SystemError);
  dup2(old, STDERR_FILENO);
  close(old);
  CHECK(read_file(dir.path() / "a/log.txt") == "x\nx\n");
  CHECK(read_file(dir.path() / "b") == "x\n");
}

TEST_CASE("process: an argument is not taken apart", "[common]") {
  CHECK(run_and_capture({"printf", "%s\\n", "two words", "$HOME", "a'b\"c"}) ==
        "two words\n$HOME\na'b\"c\n");
}

TEST_CASE("process: a missing program is a system error that names it", "[common]") {
  CHECK_THROWS_MATCHES(Process({.arguments = {"no-such-program-of-nas"}}), SystemError,
                       MessageMatches(ContainsSubstring("cannot start no-such-program-of-nas")));
  CHECK_THROWS_AS(run_and_capture({"/no/such/program"}), SystemError);
}

TEST_CASE("process: the other side may be gone", "[common]") {
  const auto old = signal(SIGPIPE, SIG_IGN);
  Process process({.arguments = {"true"}, .pipe_stdin = true});
  process.wait();
  CHECK_FALSE(process.write_line("anyone?"));
  signal(SIGPIPE, old);
}

TEST_CASE("process: run_and_capture returns all of a long output", "[common]") {
  const std::string output = run_and_capture({"seq", "1", "20000"});
  CHECK(split(output, '\n').size() == 20001);
  CHECK(starts_with(output, "1\n2\n3\n"));
}

TEST_CASE("process: run_and_capture refuses a failure unless it is allowed", "[common]") {
  const std::vector<std::string> failing = {"sh", "-c", "echo before; exit 7"};
  CHECK_THROWS_MATCHES(run_and_capture(failing), SystemError,
                       MessageMatches(ContainsSubstring("sh failed; got exit code 7")));
  CHECK(run_and_capture(failing, true) == "before\n");
  CHECK_THROWS_MATCHES(run_and_capture({"sh", "-c", "kill -15 $$"}), SystemError,
                       MessageMatches(ContainsSubstring("signal 15")));
}

TEST_CASE("process: run_and_capture keeps a last line that does not end", "[common]") {
  CHECK_THAT(run_and_capture({"printf", "one\\ntwo"}), ContainsSubstring("two"));
}

TEST_CASE("process: programs are looked up on PATH", "[common]") {
  CHECK(program_exists("sh"));
  CHECK_FALSE(program_exists("no-such-program-of-nas"));
}

TEST_CASE("process: a child can tell whether its parent is still there", "[common]") {
  CHECK(end_with_parent(getppid()));
  CHECK_FALSE(end_with_parent(getpid()));
  prctl(PR_SET_PDEATHSIG, 0);
}

TEST_CASE("process: memory", "[common]") {
  CHECK(resident_bytes(getpid()) > 1e6);
  CHECK(peak_resident_bytes() > 1e6);
  CHECK(resident_bytes(2147483647) == 0);
}

struct Pipe {
  Pipe() { REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  void close_input() { close(std::exchange(ends[1], -1)); }
  int out() const { return ends[0]; }
  int in() const { return ends[1]; }

  int ends[2] = {-1, -1};
};

double seconds_of_wait(const std::vector<int>& pipes, int milliseconds) {
  const double start = monotonic_seconds();
  wait_for_news(pipes, milliseconds);
  return monotonic_seconds() - start;
}

TEST_CASE("process: news end a wait, also those that were told before it, once", "[common]") {
  const Pipe quiet;
  const Pipe pipe;
  tell_news(pipe.in());
  tell_news(pipe.in());
  CHECK(seconds_of_wait({quiet.out(), pipe.out()}, kPatience) < kPatience / 2000.0);
  CHECK(seconds_of_wait({quiet.out(), pipe.out()}, 60) >= 0.055);
  std::jthread other([&] { tell_news(pipe.in()); });
  CHECK(seconds_of_wait({quiet.out(), pipe.out()}, kPatience) < kPatience / 2000.0);
}

TEST_CASE("process: closed ends and what is no pipe neither end a wait nor are written to",
          "[common]") {
  Pipe closed;
  closed.close_input();
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(seconds_of_wait({closed.out(), null, -1}, 60) >= 0.055);
  close(null);
  tell_news(-1);
  const TempDir dir;
  const int file = open((dir.path() / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  tell_news(file);
  close(file);
  CHECK(read_file(dir.path() / "log").empty());
}

TEST_CASE("process: who is told again and again without listening blocks nobody", "[common]") {
  const Pipe pipe;
  const std::string block(4096, 'x');
  while (write(pipe.in(), block.data(), block.size()) > 0) continue;
  fcntl(pipe.in(), F_SETFL, 0);  // a write would wait now
  tell_news(pipe.in());
  SUCCEED();
}

}  // namespace
}  // namespace nas::common
