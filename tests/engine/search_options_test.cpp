#include "engine/search_options.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "controller/strategy.h"
#include "engine/job_options.h"
#include "engine/repeats.h"
#include "engine/transfer_options.h"
#include "engine/tune.h"
#include "engine/unread_options.h"
#include "search_space/network_options.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using common::ConfigError;

TEST_CASE("search options: each has a help text, and each strategy its section", "[engine]") {
  const common::Options options = search_options();
  for (const auto& option : options.all()) {
    CAPTURE(option.name);
    CHECK_FALSE(option.help.empty());
    CHECK(option.origin == "default");
  }
  for (const auto& [name, entry] : common::Registry<controller::StrategyPlugin>::entries()) {
    if (entry.plugin.options == nullptr) continue;
    for (const auto& option : entry.plugin.options())
      CHECK(options.contains(name + "." + option.name));
  }
  for (const char* name : {"epochs", "batch-size", "lr", "trials", "space", "strategy", "store"}) {
    CHECK(options.contains(name));
  }
}

TEST_CASE("search options: a preset fills in what was not given", "[engine]") {
  common::Options options = search_options();
  options.set("epochs", "17", "flag");
  options.set("preset", "laptop", "flag");
  apply_preset(options, /*gpu=*/true);
  CHECK(options.integer("epochs") == 17);
  CHECK(options.at("epochs").origin == "flag");
  CHECK(options.integer("input-size") == 32);
  CHECK(options.at("input-size").origin == "preset laptop");
  CHECK(options.at("seed").origin == "default");
}

TEST_CASE("search options: auto takes the preset of the device", "[engine]") {
  common::Options laptop = search_options();
  apply_preset(laptop, /*gpu=*/false);
  CHECK(laptop.at("trials").origin == "preset laptop");
  common::Options workstation = search_options();
  apply_preset(workstation, /*gpu=*/true);
  CHECK(workstation.at("trials").origin == "preset workstation");
  CHECK(workstation.integer("trials") > laptop.integer("trials"));
}

TEST_CASE("search options: laptops tune what they transfer", "[engine]") {
  const auto with_preset = [](common::Options options) {
    apply_preset(options, /*gpu=*/false);
    return options;
  };
  const common::Options tuned = with_preset(tune_options());
  const common::Options transferred = with_preset(transfer_options());
  for (const char* name : {"cells", "filters", "batch-size", "lr", "label-smoothing"}) {
    CAPTURE(name);
    CHECK(tuned.at(name).value == transferred.at(name).value);
  }
  CHECK(tuned.integer("input-size") == 32);  // of CIFAR, and no smaller than other proxies
}

TEST_CASE("search options: every preset fits the options that there are", "[engine]") {
  const common::Options declared = search_options();
  for (const auto& name : declared.at("preset").choices) {
    CAPTURE(name);
    common::Options options = search_options();
    options.set("preset", name, "flag");
    CHECK_NOTHROW(apply_preset(options, false));
    CHECK_NOTHROW(child_trainer::TrainSettings::from(options));
  }
  common::Options paper = search_options();
  paper.set("preset", "paper", "flag");
  apply_preset(paper, false);
  CHECK(paper.number("ppo.learning-rate") == 3.5e-4);
  CHECK(paper.integer("trials") == 20000);
  CHECK_THROWS_AS(paper.set("preset", "desktop", "flag"), ConfigError);
}

TEST_CASE("search options: what a run was made with survives its file", "[engine]") {
  common::Options options = search_options();
  options.set("start-with", "nasnet-a,darts-v2", "flag");
  options.set("lr", "1e-05", "flag");
  options.set("ppo.clip", "0.25", "flag");
  options.set("store", "postgresql:dbname=\"a b\" # c", "flag");
  apply_preset(options, false);
  common::Options read = search_options();
  read.restore_toml(options.to_toml(), "config.toml");
  for (const auto& option : options.all()) {
    CAPTURE(option.name);
    CHECK(read.at(option.name).value.dump() == option.value.dump());
    CHECK(read.at(option.name).type_text() == option.type_text());
    CHECK(read.at(option.name).origin == option.origin);
  }
}

TEST_CASE("search options: what may differ on a resume cannot change what is found", "[engine]") {
  const common::Options options = search_options();
  for (const char* name : {"trials", "workers", "device", "time-limit", "json", "child-silence"}) {
    CHECK(options.at(name).lasting != common::Lasting::kForGood);
  }
  for (const char* name :
       {"seed", "window", "threads", "epochs", "batch-size", "lr", "space", "strategy", "proxy",
        "cells", "filters", "train-images", "evaluator", "table", "ppo.clip", "start-with"}) {
    CHECK(options.at(name).lasting == common::Lasting::kForGood);
  }
  for (const auto& option : child_trainer::TrainSettings().options()) {
    CHECK(options.at(option.name).lasting == common::Lasting::kForGood);
  }
}

TEST_CASE("search options: the child's network", "[engine]") {
  common::Options options = search_options();
  options.set("cells", "3", "flag");
  options.set("filters", "12", "flag");
  options.set("input-size", "24", "flag");
  options.set("stem", "strided", "flag");
  options.set("stem-multiplier", "1.5", "flag");
  const auto network = search_space::NetworkOptions::from(options);
  CHECK(network.cells == 3);
  CHECK(network.filters == 12);
  CHECK(network.input_size == 24);
  CHECK(network.stem == "strided");
  CHECK(network.stem_multiplier == 1.5);
}

TEST_CASE("search options: what nothing would read is refused", "[engine]") {
  using Given = std::vector<std::pair<std::string, std::string>>;
  const auto with = [](const Given& given, const std::string& origin = "flag") {
    common::Options options = search_options();
    for (const auto& [name, value] : given) options.set(name, value, origin);
    apply_preset(options, false);
    return options;
  };
  const std::pair<Given, std::string> refused[] = {
      {{{"table", "t.csv"}},
       "[--table] nothing reads it; got --evaluator trained; try --evaluator "
       "curves or table"},
      {{{"reward-column", "acc"}}, "[--reward-column] nothing reads it"},
      {{{"strategy", "random"}, {"ppo.clip", "0.1"}},
       "[--ppo.clip] nothing reads it; got --strategy random; try --strategy ppo"},
      {{{"cost", "parameters"}, {"size-prior", "1"}},
       "[--size-prior] nothing reads it; got --cost parameters"},
      {{{"supernet.reward-images", "20"}},
       "[--supernet.reward-images] nothing reads it; got --evaluator trained; try --evaluator "
       "shared"},
      {{{"evaluator", "shared"}, {"strategy", "random"}, {"supernet.reward-images", "20"}},
       "[--supernet.reward-images] nothing reads it; got spos"},
      {{{"evaluator", "shared"}, {"strategy", "random"}, {"supernet.trials-an-epoch", "2"}},
       "[--supernet.trials-an-epoch] nothing reads it; got spos"},
      {{{"evaluator", "shared"}, {"workers", "2"}}, "[--workers] one worker trains the supernet"},
      {{{"evaluator", "shared"}, {"window", "2"}}, "[--window] one worker trains the supernet"},
      {{{"evaluator", "table"}, {"table", "t.csv"}, {"size-prior", "1"}},
       "[--size-prior] nothing reads it; got --evaluator table"},
      {{{"evaluator", "shared"}, {"strategy", "darts"}, {"size-prior", "1"}},
       "[--size-prior] nothing reads it; got darts"}};
  for (const auto& [given, message] : refused)
    CHECK_THROWS_WITH(refuse_unread(with(given)), ContainsSubstring(message));
  CHECK_NOTHROW(refuse_unread(with({{"strategy", "random"}, {"ppo.clip", "0.1"}}, "my.toml")));
  CHECK_NOTHROW(refuse_unread(with({{"strategy", "ppo"}, {"ppo.clip", "0.1"}})));
  CHECK_NOTHROW(refuse_unread(with({{"evaluator", "table"}, {"table", "t.csv"}})));
  CHECK_NOTHROW(refuse_unread(with({{"cost", "parameters"}})));  // a preset has --size-prior
  CHECK_NOTHROW(refuse_unread(with({})));
  CHECK_NOTHROW(refuse_unread(with({{"evaluator", "shared"},
                                    {"strategy", "ppo"},
                                    {"supernet.trials-an-epoch", "2"},
                                    {"supernet.reward-images", "20"},
                                    {"workers", "1"}})));
  CHECK_NOTHROW(refuse_unread(with({{"workers", "4"}, {"window", "2"}})));
  CHECK_NOTHROW(refuse_unread(with({{"evaluator", "shared"}, {"preset", "laptop"}})));
  CHECK_NOTHROW(refuse_unread(with({{"supernet.reward-images", "20"}}, "my.toml")));
}

TEST_CASE("search options: what is exact is not repeated", "[engine]") {
  for (const std::string evaluator : {"shared", "table"}) {
    CHECK_THROWS_AS(check_repeats(1, evaluator), common::ConfigError);
    CHECK_NOTHROW(check_repeats(0, evaluator));
  }
  CHECK_NOTHROW(check_repeats(1, "trained"));
}

TEST_CASE("search options: sizes in bytes", "[engine]") {
  const auto bytes = [](const char* text) { return parse_bytes("child-memory", text); };
  CHECK(bytes("0") == 0);
  CHECK(bytes("1234") == 1234);
  CHECK(bytes("500MB") == 500e6);
  CHECK(bytes("2GB") == 2e9);
  CHECK(bytes("2gb") == 2e9);
  CHECK(bytes("1.5 GiB") == 1.5 * 1073741824.0);
  CHECK(bytes("3kB") == 3000);
  CHECK_THAT(bytes("0.1TB"), WithinRel(1e11, 1e-12));
  for (const char* wrong :
       {"", "many", "GB", "-1", "-2GB", "3 apples", "1GB2", "1 G B", "inf", "nan GB", "1e308 GB"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(bytes(wrong), ConfigError);
  }
  CHECK_THROWS_WITH(bytes("many"),
                    ContainsSubstring("--child-memory") && ContainsSubstring("many"));
}

}  // namespace
}  // namespace nas::engine
