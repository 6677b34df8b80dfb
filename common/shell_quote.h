// Commands that people are told to type: what is pasted into a shell means what was meant.
#pragma once

#include <string>
#include <vector>

namespace nas::common {

// As one word of a shell: in quotes where it holds a character that a shell takes for itself.
std::string shell_quote(const std::string& word);

// {"nas", "search", "--run", "my run"} -> nas search --run 'my run'.
std::string shell_command(const std::vector<std::string>& words);

}  // namespace nas::common
