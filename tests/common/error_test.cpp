#include "common/error.h"

#include <catch2/catch_test_macros.hpp>

namespace nas::common {
namespace {

TEST_CASE("error: a message names the place and what happened, and leaves out what is empty",
          "[common]") {
  const Message all{.where = "--trials",
                    .what = "value out of range",
                    .got = "0",
                    .expected = "1..100",
                    .hint = "1"};
  CHECK(all.text() == "[--trials] value out of range; got 0; expected 1..100; try 1");
  const Message bare{.where = "file", .what = "no such file: a.h5"};
  CHECK(bare.text() == "[file] no such file: a.h5");
  const Message hinted{.where = "file", .what = "full", .hint = "another disk"};
  CHECK(hinted.text() == "[file] full; try another disk");
}

// The exit code that a script sees for an error of class E.
template <class E>
int exit_code_of() {
  try {
    throw E({.where = "test", .what = "it failed"});
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "[test] it failed");
    return error.exit_code();
  }
}

TEST_CASE("error: every class has the exit code that is promised to scripts", "[common]") {
  CHECK(exit_code_of<Error>() == 1);
  CHECK(exit_code_of<UsageError>() == 2);
  CHECK(exit_code_of<ConfigError>() == 2);
  CHECK(exit_code_of<DataError>() == 3);
  CHECK(exit_code_of<NothingError>() == 4);
  CHECK(exit_code_of<TrialError>() == 1);
  CHECK(exit_code_of<SystemError>() == 1);
  CHECK(exit_code_of<InternalError>() == 1);
}

TEST_CASE("error: an exit code may be given", "[common]") {
  const Error error({.where = "test", .what = "stopped"}, kExitSignal + 15);
  CHECK(error.exit_code() == 143);
}

TEST_CASE("error: the numbers of the exit codes never change", "[common]") {
  CHECK(static_cast<int>(kExitDone) == 0);
  CHECK(static_cast<int>(kExitFailed) == 1);
  CHECK(static_cast<int>(kExitUsage) == 2);
  CHECK(static_cast<int>(kExitData) == 3);
  CHECK(static_cast<int>(kExitNothing) == 4);
  CHECK(static_cast<int>(kExitSignal) == 128);
}

}  // namespace
}  // namespace nas::common
