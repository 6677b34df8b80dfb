#include "common/shell_quote.h"

#include "common/text.h"

namespace nas::common {

namespace {

constexpr const char* kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=@%+";

}  // namespace

std::string shell_quote(const std::string& word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  // Between single quotes nothing is special but the quote itself: it ends them, stands escaped,
  // and begins new ones.
  return "'" + join(split(word, '\''), R"('\'')") + "'";
}

std::string shell_command(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const auto& word : words) quoted.push_back(shell_quote(word));
  return join(quoted, " ");
}

}  // namespace nas::common
