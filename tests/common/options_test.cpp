#include "common/options.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"

namespace nas::common {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Texts = std::vector<std::string>;

Options example() {
  Options options({
      {.name = "trials", .value = 100, .help = "Trainings", .min = 1, .max = 1000},
      {.name = "learning-rate", .value = 0.025, .help = "At the start", .min = 0},
      {.name = "aux", .value = false, .help = "Auxiliary head"},
      {.name = "stem", .value = "auto", .help = "First layers", .choices = {"auto", "cifar"}},
      {.name = "note", .value = "", .help = "Anything"},
      {.name = "devices", .value = Json::array({"cpu"}), .help = "Where to run"},
  });
  options.declare({{.name = "clip", .value = 0.2, .help = "Ratio", .min = 0, .max = 1},
                   {.name = "epochs", .value = 5, .help = "Passes", .unit = "epochs"}},
                  "ppo");
  return options;
}

// The message that a refused setting gives.
std::string refusal(const std::string& name, const std::string& text) {
  Options options = example();
  try {
    options.set(name, text, "flag");
  } catch (const ConfigError& error) {
    CHECK(options.is_default(name));
    return error.what();
  }
  return "accepted";
}

TEST_CASE("options: defaults", "[common]") {
  const Options options = example();
  CHECK(options.integer("trials") == 100);
  CHECK(options.number("learning-rate") == 0.025);
  CHECK_FALSE(options.flag("aux"));
  CHECK(options.text("stem") == "auto");
  CHECK(options.list("devices") == Texts{"cpu"});
  CHECK(options.number("ppo.clip") == 0.2);
  CHECK(options.is_default("trials"));
  CHECK(options.contains("ppo.clip"));
  CHECK_FALSE(options.contains("clip"));
  REQUIRE(options.all().size() == 8);
  CHECK(options.all()[0].name == "trials");
  CHECK(options.all()[6].name == "ppo.clip");
}

TEST_CASE("options: texts are read as the option's type", "[common]") {
  Options options = example();
  options.set("trials", "7", "flag");
  options.set("learning-rate", "1e-3", "flag");
  options.set("stem", "cifar", "flag");
  options.set("note", "a = \"b\", c", "flag");
  options.set("devices", "cuda:0, cuda:1,,", "flag");
  CHECK(options.integer("trials") == 7);
  CHECK(options.number("learning-rate") == 1e-3);
  CHECK(options.text("stem") == "cifar");
  CHECK(options.text("note") == "a = \"b\", c");
  CHECK(options.list("devices") == Texts{"cuda:0", "cuda:1"});
  CHECK(options.at("trials").origin == "flag");
  CHECK_FALSE(options.is_default("trials"));
  options.set("learning-rate", "2", "flag");
  CHECK(options.number("learning-rate") == 2.0);
  options.set("devices", "", "flag");
  CHECK(options.list("devices").empty());
}

TEST_CASE("options: flags", "[common]") {
  Options options = example();
  for (const std::string text : {"true", "1", "yes", "on", ""}) {
    options.set("aux", text, "flag");
    CHECK(options.flag("aux"));
    options.set("aux", "false", "flag");
  }
  for (const std::string text : {"false", "0", "no", "off"}) {
    options.set("aux", "true", "flag");
    options.set("aux", text, "flag");
    CHECK_FALSE(options.flag("aux"));
  }
}

TEST_CASE("options: ends of a range are in it", "[common]") {
  Options options = example();
  for (const std::string text : {"1", "1000"}) CHECK_NOTHROW(options.set("trials", text, "flag"));
  for (const std::string text : {"0", "1", "0.5"}) {
    CHECK_NOTHROW(options.set("ppo.clip", text, "flag"));
  }
}

TEST_CASE("options: multiples, and lists of choices", "[common]") {
  Options options(
      {{.name = "filters", .value = 8, .help = "", .min = 2, .max = 100, .multiple_of = 2},
       {.name = "augment", .value = Texts{"flip"}, .help = "", .choices = {"cutout", "flip"}}});
  options.set("filters", "10", "flag");
  options.set("augment", "flip,cutout", "flag");
  CHECK(options.list("augment") == Texts{"flip", "cutout"});
  CHECK_THROWS_WITH(options.set("filters", "11", "flag"),
                    ContainsSubstring("got '11'; expected integer 2..100, a multiple of 2"));
  CHECK_THROWS_WITH(
      options.set("augment", "flip,cutuot", "flag"),
      ContainsSubstring("got 'cutuot'; expected list of texts cutout | flip; try cutout"));
  options.set("augment", "", "flag");
  CHECK(options.list("augment").empty());
}

TEST_CASE("options: what does not fit is refused and stays as it was", "[common]") {
  for (const std::string text : {"x", "1.5", "", "7 ", "0x10", "9999999999999999999x"}) {
    CAPTURE(text);
    CHECK_THAT(refusal("trials", text), ContainsSubstring("[--trials] not a whole number"));
  }
  for (const std::string text : {"0", "-1", "1001", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_THAT(refusal("trials", text), ContainsSubstring("value out of range; got '" + text));
    CHECK_THAT(refusal("trials", text), ContainsSubstring("expected integer 1..1000"));
  }
  CHECK_THAT(refusal("learning-rate", "fast"), ContainsSubstring("not a number"));
  CHECK_THAT(refusal("learning-rate", "-0.1"), ContainsSubstring("expected number >= 0"));
  CHECK_THAT(refusal("aux", "maybe"), ContainsSubstring("not a flag value; got 'maybe'"));
  CHECK_THAT(refusal("stem", "vgg"), ContainsSubstring("got 'vgg'; expected text auto | cifar"));
  CHECK_THAT(refusal("stem", "cifra"), ContainsSubstring("text auto | cifar; try cifar"));
  CHECK_THAT(refusal("stem", "vgg"), !ContainsSubstring("try"));
  CHECK_THAT(refusal("ppo.clip", "1.01"), ContainsSubstring("[--ppo.clip] value out of range"));
  CHECK_THAT(refusal("ppo.epochs", "many"), ContainsSubstring("expected integer (epochs)"));
}

TEST_CASE("options: a number is a number", "[common]") {
  for (const std::string text : {"nan", "inf", "1e999"}) {
    CAPTURE(text);
    CHECK_THAT(
        refusal("ppo.clip", text),
        ContainsSubstring("[--ppo.clip] value out of range; got '" + text + "'; expected number"));
  }
  Options options = example();
  CHECK_THROWS_MATCHES(options.read_toml("learning-rate = nan", "my.toml"), ConfigError,
                       MessageMatches(ContainsSubstring("value out of range; got 'nan'")));
}

TEST_CASE("options: an unknown name is answered with the nearest one", "[common]") {
  Options options = example();
  CHECK_THROWS_MATCHES(
      options.set("trails", "7", "flag"), ConfigError,
      MessageMatches(ContainsSubstring("[flag] unknown option; got 'trails'; expected one of: ") &&
                     ContainsSubstring("; try 'trials'")));
  CHECK_THROWS_MATCHES(options.set("learning_rate", "7", "flag"), ConfigError,
                       MessageMatches(ContainsSubstring("try 'learning-rate'")));
  // So few are listed, more are left to --help.
  CHECK_THROWS_MATCHES(options.set("something-else", "7", "flag"), ConfigError,
                       MessageMatches(ContainsSubstring("expected one of: trials, learning-rate") &&
                                      !ContainsSubstring("--help")));
  for (const char* name : {"a", "b", "c"}) options.declare({{.name = name, .value = 1}});
  CHECK_THROWS_MATCHES(options.set("something-else", "7", "flag"), ConfigError,
                       MessageMatches(ContainsSubstring("got 'something-else'; try --help")));
}

TEST_CASE("options: what was not declared, or twice, is a fault of the program", "[common]") {
  Options options = example();
  CHECK_THROWS_AS(options.integer("nothing"), InternalError);
  CHECK_THROWS_AS(options.declare({{.name = "trials", .value = 1, .help = ""}}), InternalError);
  CHECK_NOTHROW(options.declare({{.name = "trials", .value = 1, .help = ""}}, "other"));
}

TEST_CASE("options: a preset sets only what nobody has set", "[common]") {
  Options options = example();
  options.declare_preset("quick", {{"trials", 20}, {"note", "short"}, {"learning-rate", 1}});
  options.declare_preset("slow", {{"note", "other"}});
  CHECK(options.at("note").presets_text() == "quick short, slow other");
  CHECK(options.is_default("trials"));
  options.set("trials", "7", "flag");
  options.apply_preset("quick");
  CHECK(options.integer("trials") == 7);
  CHECK(options.is_given("trials"));
  CHECK(options.text("note") == "short");
  CHECK(options.at("note").origin == "preset quick");
  CHECK_FALSE(options.is_given("note"));
  CHECK(options.number("learning-rate") == 1.0);
  options.set("note", "mine", "flag");
  CHECK(options.text("note") == "mine");
  CHECK_THROWS_AS(options.declare_preset("wrong", {{"aux", 3}}), ConfigError);
  CHECK_THROWS_AS(options.declare_preset("wrong", {{"nothing", 3}}), InternalError);
}

TEST_CASE("options: what is continued takes only what may change", "[common]") {
  const auto declared = [] {
    return Options(
        OptionList{{.name = "seed", .value = 1, .help = ""},
                   {.name = "trials", .value = 10, .help = "", .lasting = Lasting::kUntilChanged},
                   {.name = "json", .value = false, .help = "", .lasting = Lasting::kThisCall}});
  };
  Options begun = declared();
  begun.set("seed", "5", "flag");
  begun.set("trials", "15", "flag");
  begun.set("json", "true", "flag");
  Options again = declared();
  again.set("seed", "5", "flag");
  again.set("trials", "20", "flag");
  const Options continued = begun.continued_with(again, "run one");
  CHECK(continued.integer("seed") == 5);
  CHECK(continued.integer("trials") == 20);
  const Options unchanged = begun.continued_with(declared(), "run one");
  CHECK(unchanged.integer("seed") == 5);
  CHECK(unchanged.integer("trials") == 15);
  CHECK_FALSE(unchanged.flag("json"));
  again.set("seed", "6", "flag");
  CHECK_THROWS_MATCHES(
      begun.continued_with(again, "run one"), ConfigError,
      MessageMatches(ContainsSubstring("run one") && ContainsSubstring("--seed 6") &&
                     ContainsSubstring("begun with 5")));
}

TEST_CASE("options: origins survive their file", "[common]") {
  Options options = example();
  options.declare_preset("quick", {{"trials", 20}});
  options.apply_preset("quick");
  options.set("note", "with  # a mark", "flag");
  options.set("ppo.clip", "0.3", "my.toml");
  Options read = example();
  read.restore_toml(options.to_toml(), "config.toml");
  for (const auto& option : options.all()) {
    CAPTURE(option.name);
    CHECK(read.at(option.name).value == option.value);
    CHECK(read.at(option.name).origin == option.origin);
  }
  read.restore_toml("trials = 3\n", "old.toml");
  CHECK(read.at("trials").origin == "old.toml");
  CHECK_THROWS_MATCHES(read.restore_toml("trails = 3  # flag\n", "old.toml"), ConfigError,
                       MessageMatches(ContainsSubstring("[old.toml] unknown option")));
}

TEST_CASE("options: TOML is read, sections and all", "[common]") {
  Options options = example();
  options.read_toml(R"(
# a comment
trials = 7
learning-rate = 1
aux = true
stem = "cifar"
devices = ["cuda:0", "cuda:1"]
[ppo]
clip = 0.3
)",
                    "my.toml");
  CHECK(options.integer("trials") == 7);
  CHECK(options.number("learning-rate") == 1.0);
  CHECK(options.flag("aux"));
  CHECK(options.text("stem") == "cifar");
  CHECK(options.list("devices") == Texts{"cuda:0", "cuda:1"});
  CHECK(options.number("ppo.clip") == 0.3);
  CHECK(options.at("ppo.clip").origin == "my.toml");
  CHECK(options.is_default("ppo.epochs"));
}

TEST_CASE("options: TOML that does not fit is refused", "[common]") {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"trails = 7", "[my.toml:1] unknown option; got 'trails'; expected one of: trials, "},
      {"[ppo]\nclap = 0.1", "'ppo.clip'"},
      {"[ppp]\nclip = 0.1", "'ppp.clip'"},
      {"trials = \"7\"", "[my.toml:1: trials] wrong type"},
      {"trials = 7.0", "wrong type"},
      {"trials = true", "wrong type"},
      {"trials = 0", "out of range"},
      {"aux = 1", "wrong type"},
      {"stem = \"vgg\"", "unknown value"},
      {"devices = \"cpu\"", "wrong type"},
      {"devices = [1, 2]", "[my.toml:1: devices] wrong type"},
      {"\nanother = 1", "[my.toml:2] unknown option; got 'another'; expected one of: trials, "},
      {"note = 2026-01-01", "key 'note' has an unsupported type"},
      {"trials = 7\nstem = ", "[my.toml:2] not valid TOML"},
      {"trials = 7\ntrials = 8", "not valid TOML"},
      {"trials", "[my.toml:1]"}};
  for (const auto& [text, message] : refused) {
    CAPTURE(text);
    Options options = example();
    CHECK_THROWS_MATCHES(options.read_toml(text, "my.toml"), ConfigError,
                         MessageMatches(ContainsSubstring(message)));
  }
}

TEST_CASE("options: TOML that was written is read again", "[common]") {
  Options written = example();
  written.set("trials", "7", "flag");
  written.set("learning-rate", "1e-7", "my.toml");
  written.set("note", "quotes \" and \\ and\nlines, \t tabs, é", "flag");
  written.set("devices", "a b,c", "flag");
  written.set("ppo.clip", "1", "flag");
  const std::string text = written.to_toml();
  CHECK_THAT(text, ContainsSubstring("trials = 7  # flag\n"));
  CHECK_THAT(text, ContainsSubstring("stem = \"auto\"  # default\n"));
  CHECK_THAT(text, ContainsSubstring("\n[ppo]\nclip = 1.0  # flag\nepochs = 5  # default\n"));
  Options again = example();
  again.read_toml(text, "config.toml");
  for (const Option& option : written.all()) {
    CAPTURE(option.name);
    CHECK(again.at(option.name).value.dump() == option.value.dump());
  }
}

TEST_CASE("options: a section has the short names and the values", "[common]") {
  Options options = example();
  options.set("ppo.clip", "0.3", "flag");
  const Options section = options.section("ppo");
  REQUIRE(section.all().size() == 2);
  CHECK(section.number("clip") == 0.3);
  CHECK(section.at("clip").origin == "flag");
  CHECK(section.integer("epochs") == 5);
  CHECK(options.section("none").all().empty());
}

TEST_CASE("options: texts for people", "[common]") {
  const Options options = example();
  CHECK(options.at("trials").type_text() == "integer");
  CHECK(options.at("trials").range_text() == "1..1000");
  CHECK(options.at("trials").value_text() == "100");
  CHECK(options.at("learning-rate").type_text() == "number");
  CHECK(options.at("learning-rate").range_text() == ">= 0");
  CHECK(options.at("learning-rate").value_text() == "0.025");
  CHECK(options.at("aux").type_text() == "flag");
  CHECK(options.at("aux").value_text() == "false");
  CHECK(options.at("stem").type_text() == "text");
  CHECK(options.at("stem").range_text() == "auto | cifar");
  CHECK(options.at("stem").value_text() == "auto");
  CHECK(options.at("devices").type_text() == "list");
  CHECK(options.at("devices").value_text() == "cpu");
  CHECK(options.at("note").range_text().empty());
  const Option many{.name = "many", .value = 1, .help = "Trainings", .min = 1, .max = 1e7};
  CHECK(many.range_text() == "1..10000000");
}

}  // namespace
}  // namespace nas::common
