#include "common/shell_quote.h"

#include <catch2/catch_test_macros.hpp>

#include "common/process.h"

namespace nas::common {
namespace {

TEST_CASE("shell quote: plain words stay as they are", "[common]") {
  for (const std::string word : {"cifar10", "runs/20261121T104700Z-cifar10-ppo", "./r", "--run",
                                 "sqlite:all.db", "cuda:0,2", "a=b+c@d%e"}) {
    CHECK(shell_quote(word) == word);
  }
}

TEST_CASE("shell quote: what a shell would change is quoted", "[common]") {
  CHECK(shell_quote("") == "''");
  CHECK(shell_quote("my photos.h5") == "'my photos.h5'");
  CHECK(shell_quote("$HOME") == "'$HOME'");
  CHECK(shell_quote("it's") == R"('it'\''s')");
  CHECK(shell_command({"nas", "search", "--run", "my run"}) == "nas search --run 'my run'");
}

TEST_CASE("shell quote: a shell reads quoted words as they were", "[common]") {
  for (const std::string word :
       {"", " ", "it's", "''", "'", "a'b'c", "~/photos", "*.h5", "a;b", "a&b|c", "$(ls) `ls`",
        "back\\slash", "\"double\"", "line\nfeed", "#no", "\xC3\xBC", "!history", "{a,b}"}) {
    CAPTURE(word);
    const std::string read = run_and_capture({"sh", "-c", "printf '%s|\\n' " + shell_quote(word)});
    CHECK(read == word + "|\n");
  }
}

}  // namespace
}  // namespace nas::common
