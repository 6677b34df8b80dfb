// Every command: its help, and what it says to words that make no sense.
#include "cli/command.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/text.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::cli {
namespace {

using Catch::Matchers::ContainsSubstring;
using tests::ProgramResult;
using tests::run_program;
using tests::TempDir;

// What the program says to `words` in an empty folder, which it leaves empty but for its cache.
void check_refused(const std::vector<std::string>& words, int exit_code,
                   const std::vector<std::string>& parts) {
  const TempDir dir;
  const ProgramResult result = run_program(words, dir.path());
  CAPTURE(words, result.err);
  CHECK(result.exit_code == exit_code);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, ContainsSubstring("error: ["));
  CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  for (const auto& part : parts) CHECK_THAT(result.err, ContainsSubstring(part));
}

TEST_CASE("command: help names every option", "[cli]") {
  const TempDir dir;
  REQUIRE(common::Registry<Command>::names().size() >= 10);
  for (const auto& [name, entry] : common::Registry<Command>::entries()) {
    CAPTURE(name);
    std::vector<std::string> words = common::split(name, ' ');
    words.push_back("--help");
    const ProgramResult result = run_program(words, dir.path());
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    CHECK_THAT(result.out, ContainsSubstring("nas " + name));
    CHECK_THAT(result.out, ContainsSubstring(entry.plugin.summary));
    if (entry.plugin.options == nullptr) continue;
    for (const auto& option : entry.plugin.options()) {
      CHECK_THAT(result.out, ContainsSubstring("--" + option.name));
    }
  }
}

TEST_CASE("command: the program's own help lists the commands", "[cli]") {
  const TempDir dir;
  const ProgramResult help = run_program({"--help"}, dir.path());
  CHECK(help.exit_code == 0);
  const ProgramResult unknown = run_program({"nosuch"}, dir.path());
  for (const auto& [name, entry] : common::Registry<Command>::entries()) {
    CAPTURE(name);
    const bool listed = help.out.find("\n  " + name + " ") != std::string::npos;
    CHECK(listed == !entry.plugin.hidden);
    const bool suggested = unknown.err.find(" " + name) != std::string::npos;
    CHECK(suggested == !entry.plugin.hidden);
  }
  const ProgramResult nothing = run_program({}, dir.path());
  CHECK(nothing.exit_code == 2);
  CHECK(nothing.out == help.out);
  const ProgramResult version = run_program({"--version"}, dir.path());
  CHECK(version.exit_code == 0);
  CHECK_THAT(version.out, Catch::Matchers::StartsWith("nas "));
  const std::string number = common::trim(version.out.substr(4));
  CHECK_THAT(run_program({"doctor"}, dir.path()).out, ContainsSubstring(" " + number + "\n"));
}

TEST_CASE("command: unknown names are answered with the known ones", "[cli]") {
  check_refused({"serch"}, 2, {"'serch'", "search", "transfer", "try nas search"});
  check_refused({"statsu", "--json"}, 2, {"'statsu'", "try nas status"});
  check_refused({"eval"}, 2, {"'eval'", "try nas evaluate"});
  check_refused({"supercalifragilistic"}, 2, {"search", "try nas --help"});
  check_refused({"data"}, 2,
                {"behind 'data'", "one of: data fetch, data import", "try nas data --help"});
  check_refused({"bench", "--json"}, 2, {"behind 'bench'", "bench scores"});
  check_refused({"data", "mke", "shapes"}, 2, {"'data mke'", "try nas data make"});
  check_refused({"list", "nothing"}, 2, {"'nothing'", "strategies", "runs"});
  check_refused({"list", "strategy"}, 2, {"'strategy'", "try strategies"});
  check_refused({"show", "nasnet-z"}, 2, {"'nasnet-z'", "nasnet-a", "darts-v2"});
  check_refused({"search", "--proxy", "shapes", "--space", "nowhere"}, 2,
                {"--space", "nowhere", "nasbench201"});
  check_refused({"search", "--proxy", "shapes", "--strategy", "luck"}, 2,
                {"--strategy", "luck", "ppo"});
  check_refused({"search", "--proxy", "shapes", "--strategy", "evolutoin"}, 2,
                {"--strategy", "evolutoin", "try evolution"});
  check_refused({"search", "--proxy", "shapes", "--prescreen", "grad_norm"}, 2,
                {"--prescreen", "grad_norm", "try grad-norm"});
  check_refused({"data", "make", "cats"}, 2, {"'cats'", "coastline", "shapes"});
  check_refused({"data", "make", "shpaes"}, 2, {"'shpaes'", "try shapes"});
  check_refused({"data", "fetch", "cifar11"}, 2, {"'cifar11'", "try cifar10"});
  check_refused({"show", "|foo~0|"}, 2, {"'|foo~0|'", "three nodes"});
  check_refused({"data", "import", "x", "--from", ".", "--importer", "tiff"}, 2,
                {"'tiff'", "cifar10", "folder"});
}

TEST_CASE("command: an unknown option is answered with the nearest", "[cli]") {
  check_refused({"search", "--trails", "5"}, 2, {"'trails'", "'trials'"});
  check_refused({"transfer", "--epoch", "5"}, 2, {"'epoch'", "'epochs'"});
  check_refused({"status", "--jsn"}, 2, {"'jsn'", "'json'"});
  check_refused({"search", "--dataset", "cifar10"}, 2,
                {"an option of nas", "nas transfer", "nas search --proxy NAME"});
  check_refused({"transfer", "--space", "darts"}, 2, {"nas search", "nas transfer --dataset NAME"});
  check_refused({"search", "--set", "ppo.clipp=0.1"}, 2, {"[--set]", "'ppo.clipp'", "'ppo.clip'"});
}

TEST_CASE("command: values are checked for type and range", "[cli]") {
  check_refused({"search", "--trials", "0"}, 2, {"--trials", "out of range", "'0'"});
  check_refused({"search", "--trials", "many"}, 2, {"--trials", "'many'", "whole number"});
  check_refused({"search", "--trials", "2.5"}, 2, {"--trials", "'2.5'"});
  check_refused({"search", "--trials", "99999999999999999999"}, 2, {"--trials", "out of range"});
  check_refused({"search", "--lr", "fast"}, 2, {"--lr", "'fast'"});
  check_refused({"search", "--lr", "nan"}, 2, {"--lr", "out of range", "'nan'"});
  check_refused({"search", "--aux", "--aux=perhaps"}, 2, {"--aux", "'perhaps'"});
  check_refused({"search", "--proxy", "shapes", "--child-memory", "much"}, 2,
                {"--child-memory", "'much'"});
  check_refused({"search", "--proxy", "shapes", "--device", "tpu"}, 2, {"--device", "'tpu'"});
  check_refused({"search", "--proxy", "shapes", "--augment", "mirror"}, 2, {"mirror", "pad-crop"});
  check_refused({"show", "nasnet-a", "--filters", "7"}, 2, {"a multiple of 2"});
  check_refused({"show", "nasnet-a", "--format", "pdf"}, 2, {"--format", "'pdf'", "svg"});
  check_refused({"data", "make", "shapes", "--size", "8"}, 2, {"--size", "out of range", "pixels"});
  check_refused({"data", "import", "x", "--from", ".", "--split", "80,20"}, 2,
                {"--split", "80,10,10"});
  check_refused({"data", "import", "x", "--from", ".", "--split", "80,nan,10"}, 2, {"--split"});
}

TEST_CASE("command: words that are missing or too many", "[cli]") {
  check_refused({"search"}, 2, {"--proxy"});
  check_refused({"search", "--trials"}, 2, {"trials"});
  check_refused({"search", "surplus"}, 2, {"surplus"});
  check_refused({"show"}, 2, {"missing"});
  check_refused({"show", "nasnet-a", "darts-v2"}, 2, {"too many"});
  check_refused({"predict"}, 2, {"missing"});
  check_refused({"data", "import", "x"}, 2, {"--from"});
  check_refused({"transfer", "--arch", "nasnet-a"}, 2, {"--dataset"});
  check_refused({"search", "--set", "trials"}, 2, {"KEY=VALUE"});
}

TEST_CASE("command: configuration files", "[cli]") {
  const TempDir dir;
  const auto write = [&](const std::string& text) {
    common::write_file_atomically(dir.path() / "c.toml", text);
  };
  const auto shown = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"show", "nasnet-a", "--config", "c.toml"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, dir.path());
  };
  write("cells = 1\nfilters = 8\nformat = \"json\"\n");
  const ProgramResult from_file = shown({});
  CHECK(from_file.exit_code == 0);
  CHECK(from_file.out ==
        run_program({"show", "nasnet-a", "--cells", "1", "--filters", "8", "--format", "json"},
                    dir.path())
            .out);
  CHECK(shown({"--filters", "16"}).out != from_file.out);  // a word on the command line wins
  CHECK(shown({"--set", "filters=16"}).out == shown({"--filters", "16"}).out);

  write("cels = 1\n");
  const ProgramResult unknown = shown({});
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("c.toml") && ContainsSubstring("'cells'"));
  write("cells = \"one\"\n");
  CHECK(shown({}).exit_code == 2);
  write("cells = = 1\n");
  const ProgramResult broken = shown({});
  CHECK(broken.exit_code == 2);
  CHECK_THAT(broken.err, ContainsSubstring("c.toml:1"));
  for (const std::string file : {"missing.toml", "."}) {
    check_refused({"show", "nasnet-a", "--config", file}, 2, {"--config", "'" + file + "'"});
  }
}

TEST_CASE("command: a flag takes false, and the later word wins", "[cli]") {
  const TempDir dir;
  const auto listed = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"list", "ops"};
    words.insert(words.end(), flags.begin(), flags.end());
    return run_program(words, dir.path()).out;
  };
  const std::string lines = listed({});
  const std::string json = listed({"--json"});
  CHECK(lines != json);
  CHECK(listed({"--json=true"}) == json);
  CHECK(listed({"--json", "--json=false"}) == lines);
  CHECK(listed({"--json=false", "--json"}) == json);
  CHECK(listed({"--json", "--set", "json=false"}) == lines);
}

TEST_CASE("command: a word that begins several commands has a help of its own", "[cli]") {
  const TempDir dir;
  const ProgramResult help = run_program({"data", "--help"}, dir.path());
  CHECK(help.exit_code == 0);
  CHECK(help.err.empty());
  for (const auto& [name, entry] : common::Registry<Command>::entries()) {
    CAPTURE(name);
    const bool listed = help.out.find("\n  " + name + " ") != std::string::npos;
    CHECK(listed == common::starts_with(name, "data "));
  }
}

TEST_CASE("command: output that cannot be written is a failure", "[cli]") {
  const TempDir dir;
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"list", "ops"},
                                             {"list", "ops", "--json"},
                                             {"show", "nasnet-a", "--format", "dot"},
                                             {"show", "nasnet-a", "--plan"},  // beyond a buffer
                                             {"doctor"}}) {
    CAPTURE(words);
    const ProgramResult result = run_program(words, dir.path(), {}, "/dev/full");
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, ContainsSubstring("[stdout]"));
  }
}

TEST_CASE("command: every kind is listed", "[cli]") {
  const TempDir dir;
  for (const std::string kind :
       {"ops", "spaces", "strategies", "datasets", "architectures", "exporters"}) {
    CAPTURE(kind);
    const ProgramResult result = run_program({"list", kind}, dir.path());
    CHECK(result.exit_code == 0);
    CHECK_FALSE(result.out.empty());
    const ProgramResult json = run_program({"list", kind, "--json"}, dir.path());
    CHECK(common::parse_json(json.out, kind).size() ==
          common::split(common::trim(result.out), '\n').size());
  }
  for (const std::string kind : {"runs", "models"}) {
    CHECK(run_program({"list", kind, "--json"}, dir.path()).out == "[]\n");
  }
}

}  // namespace
}  // namespace nas::cli
