// Files of a folder are compiled in batches that change whenever a file is added, so what each
// keeps to itself has a name that no other file of the folder gives to something else.
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <map>

#include "tests/repository/source_files.h"

namespace nas::tests {
namespace {

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The word that ends before `end`.
std::string word_before(const std::string& line, size_t end) {
  while (end > 0 && line[end - 1] == ' ') --end;
  size_t begin = end;
  while (begin > 0 && is_name(line[begin - 1])) --begin;
  return line.substr(begin, end - begin);
}

// What a line without indentation defines: a type, a constant, or a function with what it takes
// (others may overload it); empty where it defines nothing.
std::string defined_by(const std::string& line) {
  if (line.empty() || !is_name(line[0]) || common::starts_with(line, "namespace") ||
      common::starts_with(line, "TEST_CASE") || common::starts_with(line, "template"))
    return "";
  const size_t equals = line.find_first_of("={");
  for (const std::string type : {"using ", "struct ", "class ", "enum class ", "enum "}) {
    if (!common::starts_with(line, type)) continue;
    size_t end = type.size();
    while (end < line.size() && is_name(line[end])) ++end;
    return equals == std::string::npos ? "" : word_before(line, end);
  }
  const size_t bracket = line.find('(');
  if (bracket != std::string::npos && (equals == std::string::npos || bracket < equals))
    return line.substr(0, line.find(" {"));
  return equals == std::string::npos ? "" : word_before(line, equals);
}

// What these files define twice: sources in their unnamed namespace, headers, but for functions, in
// the floor's own. An alias that says the same twice does no harm.
std::vector<std::string> clashes(const std::vector<std::string>& files) {
  std::map<std::string, std::pair<std::string, std::string>> firsts;
  std::vector<std::string> found;
  for (const std::string& file : files) {
    bool own = ends_with(file, ".h");
    for (const std::string& line : lines_of(file)) {
      if (line == "namespace {") own = true;
      if (line == "}  // namespace") own = false;
      const std::string name = own ? defined_by(line) : "";
      if (name.empty() || (ends_with(file, ".h") && name.find('(') != std::string::npos)) continue;
      const auto& [first, text] = firsts.try_emplace(name, file, line).first->second;
      const bool same = common::starts_with(line, "using ") && line == text;
      if (first != file && !same) found.push_back(name + " in " + first + " and " + file);
    }
  }
  return found;
}

TEST_CASE("names: a definition is understood", "[repository]") {
  CHECK(defined_by("constexpr int64_t kLine = 16;") == "kLine");
  CHECK(defined_by("const at::Device kCpu(at::kCPU);") == "const at::Device kCpu(at::kCPU);");
  CHECK(defined_by("const std::map<int, int> kTable = {") == "kTable");
  CHECK(defined_by("struct Calls {") == "Calls");
  CHECK(defined_by("class Reader : public Base {") == "Reader");
  CHECK(defined_by("class Reader;").empty());
  CHECK(defined_by("using Texts = std::vector<std::string>;") == "Texts");
  CHECK(defined_by("using Catch::Matchers::ContainsSubstring;").empty());
  CHECK(defined_by("int64_t count_of(const Names& names) {") ==
        "int64_t count_of(const Names& names)");
  CHECK(defined_by("  int inner = 0;").empty());
  CHECK(defined_by("}").empty());
  CHECK(defined_by("// struct Calls {").empty());
}

TEST_CASE("names: what files of a folder keep to themselves does not clash", "[repository]") {
  std::map<std::string, std::vector<std::string>> batches;
  std::map<std::string, std::vector<std::string>> headers;
  for (const std::string& file : source_files(true)) {
    const std::string folder = file.substr(0, file.rfind('/'));
    if (level_of(folder) < 0 && first_folder(folder) != "tests") continue;  // plug-ins
    if (folder == "export") continue;  // compiled alone, as they are
    (ends_with(file, ".h") ? headers : batches)[folder].push_back(file);
  }
  CHECK(batches.size() > 12);
  for (const auto& [folder, sources] : batches) {
    // Tests see the names of the floor that they mirror.
    std::vector<std::string> files = headers[folder.substr(folder.rfind('/') + 1)];
    files.insert(files.end(), sources.begin(), sources.end());
    for (const std::string& clash : clashes(files)) {
      CAPTURE(clash);
      CHECK(false);
    }
  }
}

}  // namespace
}  // namespace nas::tests
