#include "engine/table_file.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Numbers = std::vector<double>;

TableColumn column(const std::string& name) { return {.option = "--column", .name = name}; }

// What is said of a table with this content.
std::string refusal(const std::string& content, const std::string& name) {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "table.csv").string();
  common::write_file_atomically(file, content);
  try {
    read_table(file, {column(name)});
  } catch (const common::DataError& error) {
    return error.what();
  }
  return "it was accepted";
}

TEST_CASE("table: columns are read in the order asked for", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "table.csv").string();
  common::write_file_atomically(file, "note,arch,late,early\r\nx,a,2,-1.5\ny,b,4e1,3\n");
  const Table table = read_table(file, {column("early"), column("late")});
  CHECK(table.architectures == std::vector<std::string>{"a", "b"});
  REQUIRE(table.values.size() == 2);
  CHECK(table.values[0] == Numbers{-1.5, 3});
  CHECK(table.values[1] == Numbers{2, 40});
  CHECK(read_table(file, {}).architectures.size() == 2);
}

TEST_CASE("table: no name is the first column besides arch", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "table.csv").string();
  common::write_file_atomically(file, "arch,one,two\na,1,2\n");
  CHECK(read_table(file, {column("")}).values[0] == Numbers{1});
  common::write_file_atomically(file, "one,arch,two\n1,a,2\n");
  CHECK(read_table(file, {column("")}).values[0] == Numbers{1});
}

TEST_CASE("table: what spreadsheets and editors add does not count", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "table.csv").string();
  common::write_file_atomically(file,
                                "\xEF\xBB\xBF"
                                "arch,one\r\na,1\r\n\r\nb,2\r\n\n");
  const Table table = read_table(file, {column("one")});
  CHECK(table.architectures == std::vector<std::string>{"a", "b"});
  CHECK(table.values[0] == Numbers{1, 2});
}

TEST_CASE("table: what cannot be read is named", "[engine]") {
  CHECK_THROWS_MATCHES(
      read_table("no/such.csv", {}), common::DataError,
      MessageMatches(ContainsSubstring("cannot read") && ContainsSubstring("no/such.csv")));
  for (const auto& [content, what] :
       std::vector<std::pair<std::string, std::string>>{{"arch,one\n", "no such column"},
                                                        {"one,two\n", "no column 'arch'"},
                                                        {"arch\na\n", "no column besides 'arch'"},
                                                        {"arch,two\n", "no row"},
                                                        {"arch,two\n\n", "no row"}})
    CHECK_THAT(refusal(content, "two"), ContainsSubstring(what) && ContainsSubstring("table.csv"));
  CHECK_THAT(refusal("arch\na\n", ""),
             ContainsSubstring("no column besides 'arch'") && ContainsSubstring("table.csv"));
  CHECK_THAT(refusal("arch,one\na,1\nb\n", "one"),
             ContainsSubstring("table.csv:3") && ContainsSubstring("got 1 columns; expected 2"));
  for (const std::string number : {"", "x", "1x", "nan", "inf"}) {
    CAPTURE(number);
    CHECK_THAT(refusal("arch,one\na," + number + "\n", "one"),
               ContainsSubstring("table.csv:2") &&
                   ContainsSubstring("no number in the column 'one'; got '" + number + "'"));
  }
}

TEST_CASE("table: an unknown column names the option, and the columns that there are", "[engine]") {
  const std::string text = refusal("arch,early,late\na,1,2\n", "lat");
  CHECK_THAT(text, ContainsSubstring("[--column]") && ContainsSubstring("'lat'") &&
                       ContainsSubstring("early | late") && ContainsSubstring("try late"));
  CHECK_THAT(refusal("arch,early,late\na,1,2\n", "arch"), ContainsSubstring("no such column"));
}

TEST_CASE("table: a row may come again, but with no other value", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "table.csv").string();
  common::write_file_atomically(file, "arch,one,two\na,1,5\n\nb,2,6\na,1.0,7\nc,3,8\n");
  const Table table = read_table(file, {column("one")});
  CHECK(table.architectures == std::vector<std::string>{"a", "b", "c"});
  CHECK(table.values[0] == Numbers{1, 2, 3});
  CHECK(table.lines == std::vector<int64_t>{2, 4, 6});
  CHECK(table.place(2) == file + ":6");
  CHECK_THAT(refusal("arch,one\na,1\n\nb,2\na,3\n", "one"),
             ContainsSubstring("table.csv:5]") && ContainsSubstring("'one'") &&
                 ContainsSubstring("of line 2; got 3; expected 1"));
}

}  // namespace
}  // namespace nas::engine
