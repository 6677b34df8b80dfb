#include "engine/html.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

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
  CHECK_THAT(html::table({evil}, {{evil}}), !ContainsSubstring(evil));
  CHECK_THAT(html::facts({{evil, evil}}), !ContainsSubstring(evil));
  CHECK_THAT(html::confusion({{1}}, {evil}), !ContainsSubstring(evil));
  const html::Series series{.name = evil, .colour = "red", .points = {{0, 1}, {1, 2}}};
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
  const std::string table = html::table({"x", "y"}, {{"1", "2"}, {"3", "4"}});
  CHECK(count_of(table, "<tr>") == 3);
  CHECK(count_of(table, "<th>") == 2);
  CHECK(count_of(table, "<td>") == 4);
  CHECK_THAT(html::facts({{"Seed", "17"}}), ContainsSubstring("<dt>Seed</dt><dd>17</dd>"));
}

TEST_CASE("html: a chart draws lines and dots", "[engine]") {
  const html::Series line{
      .name = "best", .colour = "red", .points = {{0, 0.1}, {1, 0.5}, {2, 0.5}}};
  const html::Series dots{
      .name = "reward", .colour = "blue", .points = {{0, 0.1}, {1, 0.5}}, .line = false};
  const std::string chart = html::chart({line, dots}, "trial", "reward");
  CHECK(count_of(chart, "<polyline") == 1);
  CHECK(count_of(chart, "<circle") == 2);
  for (const char* part : {"<svg", "</svg>", "trial", "best"})
    CHECK_THAT(chart, ContainsSubstring(part));
}

TEST_CASE("html: a chart of one point, of equal points and of none", "[engine]") {
  for (const double value : {0.0, 0.7, -3e9, 1e-12}) {
    CAPTURE(value);
    const html::Series one{.name = "one", .colour = "red", .points = {{5, value}}};
    const html::Series equal{.name = "equal", .colour = "red", .points = {{5, value}, {6, value}}};
    const std::string chart = html::chart({one, equal}, "x", "y");
    CHECK_THAT(chart, ContainsSubstring("<polyline"));
    CHECK_THAT(chart, !ContainsSubstring("nan"));
    CHECK_THAT(chart, !ContainsSubstring("inf"));
    CHECK(chart.size() < 20000);
  }
  CHECK(html::chart({}, "x", "y").empty());
  CHECK(html::chart({html::Series{.name = "none", .colour = "red"}}, "x", "y").empty());
}

TEST_CASE("html: a confusion matrix has each count", "[engine]") {
  const std::string text = html::confusion({{11, 22}, {0, 33}}, {"cat", "dog"});
  for (const char* part : {">11<", ">22<", ">0<", ">33<", "cat", "dog"})
    CHECK_THAT(text, ContainsSubstring(part));
}

TEST_CASE("html: a drawing needs no Graphviz", "[engine]") {
  const auto architecture = search_space::find_architecture("nasnet-a");
  const tests::ScopedEnv no_path("PATH", "/nowhere");
  CHECK_THAT(html::drawing(architecture), ContainsSubstring("sep_conv_5x5"));
}

}  // namespace
}  // namespace nas::engine
