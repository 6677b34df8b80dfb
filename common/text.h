// Small helpers for text that is shown to people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nas::common {

std::string join(const std::vector<std::string>& parts, const std::string& separator);
std::vector<std::string> split(const std::string& text, char separator);  // keeps empty parts
std::string trim(const std::string& text);
std::string lower(std::string text);
bool starts_with(const std::string& text, const std::string& prefix);
// Characters to insert, drop or replace (Levenshtein).
size_t edit_distance(const std::string& a, const std::string& b);
// Of `names`, the one that `word` begins or nearly is; empty when all are other words.
std::string nearest(const std::string& word, const std::vector<std::string>& names);

// 1 epoch, 3 epochs.
std::string counted(int64_t number, const std::string& noun);
// 3346538 -> "3,346,538".
std::string with_commas(int64_t number);
// 544300000 -> "544.3 M"; three to four digits.
std::string with_unit(double number);
// bytes -> "2.1 GB" (powers of 1000).
std::string bytes_text(double bytes);
// seconds -> "1 h 02 min", "3 min 20 s", "4.2 s".
std::string duration_text(double seconds);

}  // namespace nas::common
