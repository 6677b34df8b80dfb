// Spaces that a user describes in a file.
#include "search_space/space_file.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "search_space/settings_space.h"
#include "tests/support/spaces.h"
#include "tests/support/temp_dir.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Texts = std::vector<std::string>;

Texts decision_names(const Space& space) {
  Texts names;
  for (const Decision& decision : space.decisions()) names.push_back(decision.name);
  return names;
}

Choices first_choices(const Space& space) { return Choices(space.decisions().size(), 0); }

std::vector<Setting> settings_in(const std::string& text) {
  return read_settings(text, "h.toml", some_options())->settings();
}

TEST_CASE("space file: three operations, three nodes", "[search_space]") {
  const auto space = read_space(R"(# my space
operations = ["sep_conv_3x3", "max_pool_3x3", "identity"]
nodes = 3
)",
                                "my.toml");
  CHECK(decision_names(*space) ==
        Texts{"normal.block0.left.op", "normal.block0.right.op", "normal.block1.inputs",
              "normal.block1.left.op", "normal.block1.right.op", "normal.block2.inputs",
              "normal.block2.left.op", "normal.block2.right.op", "reduction.block0.left.op",
              "reduction.block0.right.op", "reduction.block1.inputs", "reduction.block1.left.op",
              "reduction.block1.right.op", "reduction.block2.inputs", "reduction.block2.left.op",
              "reduction.block2.right.op"});
  const Architecture architecture = space->architecture(first_choices(*space));
  CHECK(architecture.family == "nasnet");
  const Cell& cell = architecture.cells.at("normal");
  CHECK(cell.nodes[1].edges == std::vector<Edge>{{0, "sep_conv_3x3"}, {1, "sep_conv_3x3"}});
  CHECK(cell.concat == std::vector<int>{2, 3, 4});  // nothing reads them
  CHECK(architecture.cells.size() == 2);
}

TEST_CASE("space file: one cell, every input, the last node", "[search_space]") {
  const auto space = read_space(R"(
skeleton = "nasbench201"
operations = ["none", "skip_connect", "nor_conv_3x3"]
nodes = 3
inputs = 0
)",
                                "my.toml");
  const Architecture architecture = space->architecture(first_choices(*space));
  CHECK(architecture.cells.size() == 1);
  const Cell& cell = architecture.cells.at("normal");
  CHECK(cell.inputs == 1);
  for (size_t n = 0; n < 3; ++n) CHECK(cell.nodes[n].edges.size() == n + 1);
  CHECK(cell.concat == std::vector<int>{3});
  CHECK(space->decisions().size() == 6);  // operations alone
}

TEST_CASE("space file: a cell that serves as both", "[search_space]") {
  const auto space = read_space(R"(
skeleton = "darts"
operations = ["sep_conv_3x3", "skip_connect"]
nodes = 2
inputs = 1
cells = "normal"
output = "all-nodes"
)",
                                "my.toml");
  Choices choices = first_choices(*space);
  choices.back() = 1;
  const Architecture architecture = space->architecture(choices);
  CHECK(architecture.cells.at("normal") == architecture.cells.at("reduction"));
  CHECK(space->choices(architecture) == choices);
  // A skip connection has weights where the size halves, so that it is not merged with its input.
  CHECK_THAT(space->key(choices), ContainsSubstring("skip_connect"));
  Architecture other = architecture;
  other.cells["reduction"].nodes[0].edges[0].op = "skip_connect";
  CHECK_THROWS_MATCHES(space->choices(other), common::DataError,
                       MessageMatches(ContainsSubstring("its reduction cell is not its normal")));
}

TEST_CASE("space file: what is wrong is said with file, line and key", "[search_space]") {
  const std::string good = "operations = [\"conv_3x3\", \"identity\"]\n";
  const std::pair<std::string, std::string> refused[] = {
      {"", "[my.toml] an empty space"},
      {"nodes = 3", "[my.toml:1: operations] a space of cells needs operations"},
      {"nodes = 3\noperations = []", "[my.toml:2: operations] a space of cells needs operations"},
      {"operations = [\"conv_3x3\",\n\"sep_conv_3x4\"]",
       "[my.toml:1: operations] unknown operation; got 'sep_conv_3x4'"},
      {"operations = [\"sep_conv_3x4\"]", "try sep_conv_3x3"},
      {"operations = [\"identity\", \"identity\"]", "stands there twice; got 'identity'"},
      {"operations = [\"none\"]", "nothing is computed"},
      {"operations = [\"conv_3x3\"]\nnodes = 1", "nothing is to be decided"},
      {good + "nods = 3", "[my.toml:2] unknown option; got 'nods'; expected one of: skeleton"},
      {good + "nods = 3", "try 'nodes'"},
      {good + "nodes = 0",
       "[my.toml:2: nodes] value out of range; got '0'; expected integer 1..20"},
      {good + "nodes = \"3\"", "[my.toml:2: nodes] wrong type"},
      {good + "combine = \"sum\"", "[my.toml:2: combine] unknown value; got 'sum'"},
      {good + "skeleton = \"dart\"", "[my.toml:2: skeleton] unknown value; got 'dart'"},
      {good + "skeleton = \"nasrl\"", "expected text darts | nasbench201 | nasnet"},
      {good + "skeleton = \"darts\"\ncombine = \"either\"",
       "[my.toml:3: combine] family darts does not concatenate in its nodes"},
      {good + "skeleton = \"nasbench201\"\noutput = \"all-nodes\"",
       "[my.toml:3: output] family nasbench201 has cells that keep their width"},
      {good + "cells = \"normal+reduction\"\nskeleton = \"nasbench201\"",
       "[my.toml:2: cells] family nasbench201 has no reduction cell"},
      {good + "nodes = 20\ninputs = 5", "[my.toml:3: inputs] there are too many sets of 5 inputs"},
      {good + "inputs = 0\nrepeat-inputs = true", "[my.toml:3: repeat-inputs]"},
      {good + "nodes = 3\nnodes = 4", "[my.toml:3] not valid TOML"},
      {good + "[cells]\nnodes = 2", "unknown option; got 'cells.nodes'"},
      {"operations = [1, 2]", "wrong type; got '[1,2]'; expected list of texts"},
      {"[space]\n" + good, "[my.toml:2] the keys of a space of cells stand in no section"},
      {"[lr]\n", "[my.toml] an empty space: no key has a value"},
  };
  for (const auto& [text, message] : refused) {
    CAPTURE(text);
    CHECK_THROWS_MATCHES(read_space(text, "my.toml"), common::ConfigError,
                         MessageMatches(ContainsSubstring(message)));
  }
}

TEST_CASE("space file: settings, in the order of the file", "[search_space]") {
  const auto settings = settings_in(R"(
[weight-decay]
min = 1e-5
max = 1e-3
scale = "log"
levels = 3
[cells]
min = 1
max = 4
[filters]
type = "integer"
min = 8
max = 64
scale = "log"
levels = 4
[drop-path]
min = 0
max = 0.4
levels = 5
[augment]
choices = [["pad-crop", "flip"], "flip", []]
[aux]
type = "choice"
choices = [false, true]
)");
  REQUIRE(settings.size() == 6);
  CHECK(settings[0].option == "weight-decay");
  CHECK(settings[0].values == Texts{"1e-05", "0.0001", "0.001"});
  CHECK(settings[0].scale == Scale::kLog);
  CHECK(settings[0].place == "h.toml:3");
  CHECK(settings[1].values == Texts{"1", "2", "3", "4"});
  CHECK(settings[2].values == Texts{"8", "16", "32", "64"});
  CHECK(settings[3].values == Texts{"0", "0.1", "0.2", "0.3", "0.4"});
  CHECK(settings[3].scale == Scale::kLinear);
  CHECK(settings[4].values == Texts{"pad-crop,flip", "flip", ""});
  CHECK(settings[4].scale == Scale::kCategorical);
  CHECK(settings[5].values == Texts{"false", "true"});
  CHECK(settings_in("lr = { min = 0.1, max = 1.0 }")[0].values.size() == 9);
}

TEST_CASE("space file: a setting's values are of its option's type", "[search_space]") {
  const auto values = [](const std::string& text) { return settings_in(text)[0].values; };
  CHECK(values("[clip]\nmin = 1\nmax = 5\nlevels = 9") ==
        Texts{"1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5"});
  CHECK(values("[clip]\ntype = \"integer\"\nmin = 1\nmax = 3") == Texts{"1", "2", "3"});
  CHECK(values("[cells]\nmin = 1.0\nmax = 3.0") == Texts{"1", "2", "3"});
  CHECK(values("[filters]\nmin = 8\nmax = 16") == Texts{"8", "10", "12", "14", "16"});
  for (const auto& value : values("[filters]\nmin = 8\nmax = 32")) {
    CAPTURE(value);
    CHECK(std::stoi(value) % 2 == 0);
  }
}

TEST_CASE("space file: wrong settings are said with file, line and key", "[search_space]") {
  const std::pair<std::string, std::string> refused[] = {
      {"[lr]\nmin = 0.1", "[h.toml:2: max] is missing"},
      {"[lr]\nlevels = 3", "[h.toml:2: min] is missing"},
      {"[lr]\nmin = 0.1\nmax = 0.1", "[h.toml:3: max] must be above min; got 0.1..0.1"},
      {"[lr]\nscale = \"log\"\nmin = 0\nmax = 1", "[h.toml:3: min] must be above 0 on a log scale"},
      {"[lr]\nscale = \"logarithmic\"\nmin = 0.1\nmax = 1",
       "[h.toml:2: scale] unknown value; got 'logarithmic'"},
      {"[lr]\nmin = 0.1\nmax = 1\nlevel = 3", "[h.toml:4] unknown option; got 'level'"},
      {"[lr]\nmin = 0.1\nmax = 1\nlevels = 1", "[h.toml:4: levels] value out of range"},
      {"[lr]\nmin = 1.0\nmax = 1.00001\nlevels = 9", "[h.toml:4: levels] the levels do not differ"},
      {"[lr]\nmin = 0.1\nmax = 1\nchoices = [1]", "[h.toml:2: min] has no meaning beside choices"},
      {"[lr]\nchoices = [0.1]", "[h.toml:2: choices] nothing to choose from; got 0.1"},
      {"[lr]\nchoices = [0.1, 0.1]", "nothing to choose from; got 0.1 | 0.1"},
      {"[lr]\ntype = \"number\"\nchoices = [0.1, 1]", "[h.toml:2: type] does not fit the rest"},
      {"[lr]\ntype = \"choice\"\nmin = 0.1\nmax = 1", "[h.toml:2: type] does not fit the rest"},
      {"[lr]\ntype = \"integer\"\nmin = 1.5\nmax = 3", "ends at whole numbers; got 1.5..3"},
      {"[cells]\nmin = 1.5\nmax = 3", "[h.toml:2: cells] not a whole number; got '1.5'"},
      {"[cells]\ntype = \"number\"\nmin = 1\nmax = 3", "[h.toml:2: type] the option takes whole"},
      {"[cells]\nmin = 1\nmax = 3\nlevels = 4", "[h.toml:4: levels] the range has not so many"},
      {"[filters]\nmin = 3\nmax = 9\nlevels = 7",
       "[h.toml:2: filters] value out of range; got '3'"},
      {"[momentum]\nmin = 0.9\nmax = 1.5",
       "[h.toml:3: momentum] value out of range; got '1.5'; expected number 0..0.9999"},
      {"[aux]\nmin = 0\nmax = 1", "[h.toml:2: min] this option takes no numbers; got aux, a flag"},
      {"[lr]\nchoices = [0.1, \"fast\"]", "[h.toml:2: lr] not a number; got 'fast'"},
      {"[lr]\nchoices = [0.1, 1e-1]", "[h.toml:2: choices] nothing to choose from"},
      {"[augment]\nchoices = [\"flip\", \"rotate\"]",
       "[h.toml:2: augment] unknown value; got 'rotate'"},
      {"[learning-rate]\nmin = 0.1",
       "not a setting that can be tuned; got 'learning-rate'; expected "
       "one of: cells, filters, stem"},
      {"\n[lrr]\nmin = 0.1", "[h.toml:3] not a setting that can be tuned; got 'lrr'"},
      {"lr = 0.1",
       "[h.toml:1: lr] a setting has a section of its own; got lr = 0.1; expected [lr]"},
      {"[lr]\n[clip]\nmin = 1\nmax = 2", "[h.toml:1: lr] an empty section"},
  };
  for (const auto& [text, message] : refused) {
    CAPTURE(text);
    CHECK_THROWS_MATCHES(settings_in(text), common::ConfigError,
                         MessageMatches(ContainsSubstring(message)));
  }
}

TEST_CASE("space file: keys and features of settings", "[search_space]") {
  const auto space = read_settings(R"(
[lr]
min = 0.01
max = 1.0
scale = "log"
levels = 3
[augment]
choices = ["flip", "pad-crop"]
)",
                                   "h.toml", some_options());
  CHECK(space->key({1, 1}) == "lr=0.1 augment=pad-crop");
  CHECK(space->features({0, 0}) == std::vector<double>{0.0, 1.0, 0.0});
  CHECK(space->features({1, 1}) == std::vector<double>{0.5, 0.0, 1.0});
  CHECK_THROWS_AS(space->choices(find_architecture("darts-v2")), common::DataError);
}

TEST_CASE("space file: two files mean the same, or differ in keys that are named",
          "[search_space]") {
  const auto meaning = [](const std::string& text) {
    return space_meaning(text, "f.toml", some_options());
  };
  const std::string cells = "operations = [\"conv_3x3\", \"identity\"]\nnodes = 3\n";
  CHECK(meaning(cells) ==
        meaning("# mine\nnodes = 3\noperations = [\"identity\", \"conv_3x3\"]\ninputs = 2\n"
                "cells = \"normal+reduction\"\noutput = \"loose-ends\"\n"));
  CHECK(meaning(cells).at("nodes") == "3");
  CHECK(meaning(cells) != meaning(cells + "output = \"all-nodes\"\n"));
  const std::string settings = "[lr]\nmin = 0.1\nmax = 1.0\n[clip]\nchoices = [1, 5]\n";
  CHECK(meaning(settings) == meaning("[clip]\nchoices = [1, 5]\n[lr]\nlevels = 9\nmin = 0.1\n"
                                     "scale = \"linear\"\nmax = 1.0\n"));
  CHECK(meaning(settings).at("clip") == "1 | 5");
  CHECK(meaning(settings) != meaning("[lr]\nmin = 0.1\nmax = 1.0\nscale = \"log\"\n"));
}

TEST_CASE("spaces are found by name or file", "[search_space]") {
  CHECK(find_space("darts")->decisions().size() == 22);
  CHECK_THROWS_MATCHES(find_space("dart"), common::UsageError,
                       MessageMatches(ContainsSubstring("unknown space; got 'dart'") &&
                                      ContainsSubstring("try darts")));
  CHECK_THROWS_MATCHES(find_space("nowhere/my.toml"), common::UsageError,
                       MessageMatches(ContainsSubstring("no such file; got 'nowhere/my.toml'")));
  CHECK_THROWS_MATCHES(find_space("dart"), common::UsageError,
                       MessageMatches(!ContainsSubstring("hyper")));
  CHECK_THROWS_MATCHES(find_space("hyper"), common::UsageError,
                       MessageMatches(ContainsSubstring("try nas tune --space hyper")));
  CHECK(find_settings("hyper", some_options())->settings().size() == 4);
  CHECK_THROWS_MATCHES(find_settings("darts", some_options()), common::UsageError,
                       MessageMatches(ContainsSubstring("try nas search --space darts")));

  const tests::TempDir dir;
  const std::string folder = (dir.path() / "folder.toml").string();
  const std::string other = (dir.path() / "noext").string();
  std::filesystem::create_directory(folder);
  common::write_file_atomically(other, "nodes = 3\n");
  CHECK_THROWS_MATCHES(find_space(folder), common::UsageError,
                       MessageMatches(ContainsSubstring("it is a folder")));
  CHECK_THROWS_MATCHES(find_space(other), common::UsageError,
                       MessageMatches(ContainsSubstring("ends in .toml")));
}

}  // namespace
}  // namespace nas::search_space
