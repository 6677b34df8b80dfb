// Nothing in the repository may depend on the machine that it was written on.
#include <catch2/catch_test_macros.hpp>

#include "tests/repository/source_files.h"

namespace nas::tests {
namespace {

// In two pieces, so that this file does not hold them.
std::vector<std::string> forbidden() {
  std::vector<std::string> words;
  for (const auto& [begin, end] :
       std::vector<std::pair<std::string, std::string>>{{"/wo", "rk/"},
                                                        {"/ro", "ot/"},
                                                        {"py", "pi.org"},
                                                        {"python", "hosted.org"},
                                                        {"deb.deb", "ian.org"},
                                                        {"security.deb", "ian.org"},
                                                        {"archive.ubu", "ntu.com"},
                                                        {"registry.npm", "js.org"}}) {
    words.push_back(begin + end);
  }
  return words;
}

TEST_CASE("words: no machine paths and no names of registry hosts", "[repository]") {
  const auto files = repository_files();
  const auto words = forbidden();
  REQUIRE(files.size() > 100);
  for (const std::string& file : files) {
    const std::string content = common::read_file(repository() / file);
    if (content.find('\0') != std::string::npos) continue;  // not text
    for (const std::string& word : words) {
      CAPTURE(file, word);
      CHECK(content.find(word) == std::string::npos);
    }
  }
}

TEST_CASE("words: text files end with a line feed and hold no carriage returns", "[repository]") {
  for (const std::string& file : repository_files()) {
    const std::string content = common::read_file(repository() / file);
    if (content.empty() || content.find('\0') != std::string::npos) continue;
    CAPTURE(file);
    CHECK(content.back() == '\n');
    CHECK(content.find('\r') == std::string::npos);
  }
}

}  // namespace
}  // namespace nas::tests
