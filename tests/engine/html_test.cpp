#include "engine/html.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "engine/html_chart.h"
#include "tests/support/scoped_env.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

TEST_CASE("html: text cannot become markup", "[engine]") {
  CHECK(html::escape("a<b> & \"c\"") == "a&lt;b&gt; &amp; &quot;c&quot;");
  const std::string evil = "<script>";
  CHECK_THAT(html::page(evil, ""), !ContainsSubstring(evil));
  CHECK_THAT(html::table({{evil}}, {{evil + std::string(50, 'x')}}), !ContainsSubstring(evil));
  CHECK_THAT(html::facts({{evil, evil}}), !ContainsSubstring(evil));
  CHECK_THAT(html::confusion({{1}}, {evil}), !ContainsSubstring(evil));
  const html::Series series{.name = evil, .colour = evil, .points = {{0, 1}, {1, 2}}};
  CHECK_THAT(html::chart({series}, evil, evil), !ContainsSubstring(evil));
}

TEST_CASE("html: a page is whole and refers to nothing outside", "[engine]") {
  const std::string page = html::page("A title", "<p>body</p>");
  CHECK_THAT(page, StartsWith("<!doctype html>"));
  CHECK_THAT(page, ContainsSubstring("<title>A title</title>"));
  CHECK_THAT(page, ContainsSubstring("<p>body</p>"));
  CHECK_THAT(page, ContainsSubstring("charset=\"utf-8\""));
  CHECK_THAT(page, !ContainsSubstring("http"));
  CHECK_THAT(page, !ContainsSubstring("src="));
}

TEST_CASE("html: tables and facts have their cells", "[engine]") {
  const std::string table = html::table({{"x"}, {"y"}}, {{"1", "2"}, {"3", "4"}});
  CHECK(count_of(table, "<tr>") == 3);
  CHECK(count_of(table, "<th ") == 2);
  CHECK(count_of(table, "<td ") == 4);
  CHECK_THAT(table, ContainsSubstring(">4</td>"));
  CHECK_THAT(html::facts({{"Seed", "17"}}), ContainsSubstring("<dt>Seed</dt><dd>17</dd>"));
}

TEST_CASE("html: a column that nobody filled is left out", "[engine]") {
  const std::string table = html::table({{"trial"}, {"parameters"}}, {{"1", ""}, {"2", ""}});
  CHECK(count_of(table, "<th ") == 1);
  CHECK(count_of(table, "<td ") == 2);
  CHECK_THAT(table, !ContainsSubstring("parameters"));
  CHECK(count_of(html::table({{"a"}, {"b"}}, {{"", "x"}, {"y", ""}}), "<td ") == 4);
}

TEST_CASE("html: a cell that may be cut has its whole text at hand", "[engine]") {
  const std::string key(300, 'k');
  using Kind = html::Column::Kind;
  for (const Kind kind : {Kind::kText, Kind::kLongest}) {
    const std::string table = html::table({{"key", kind}}, {{key}, {"short"}});
    CHECK_THAT(table, ContainsSubstring("title=\"" + key + "\">" + key + "</td>"));
    CHECK(count_of(table, "title=") == 1);
    CHECK(count_of(table, "tabindex=") == 1);
  }
  CHECK_THAT(html::table({{"reason", Kind::kWrapped}}, {{key}}), !ContainsSubstring("title="));
  CHECK_THAT(html::table({{"trials", Kind::kNumber}}, {{"7"}}),
             ContainsSubstring("<td class=\"number\">7</td>"));
}

TEST_CASE("html: a confusion matrix has each count", "[engine]") {
  const std::string text = html::confusion({{11, 22}, {0, 33}}, {"cat", "dog"});
  for (const char* part : {">11<", ">22<", ">0<", ">33<", "cat as dog"})
    CHECK_THAT(text, ContainsSubstring(part));
  CHECK(count_of(text, "rgba") == 3);  // nothing is shaded where nothing was counted
}

TEST_CASE("html: a label without images is an empty row of the confusion matrix", "[engine]") {
  const std::string text = html::confusion({{0, 0}, {0, 5}}, {"cat", "dog"});
  CHECK(count_of(text, "class=\"zero\"") == 3);
  CHECK_THAT(text, !ContainsSubstring("nan"));
}

TEST_CASE("html: a drawing needs no Graphviz", "[engine]") {
  const auto architecture = search_space::find_architecture("nasnet-a");
  const tests::ScopedEnv no_path("PATH", "/nowhere");
  CHECK_THAT(html::drawing(architecture), ContainsSubstring("sep_conv_5x5"));
}

}  // namespace
}  // namespace nas::engine
