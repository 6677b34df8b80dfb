// --evaluator shared: ENAS, SPOS and DARTS from the command line.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/safetensors.h"
#include "engine/supernet_paths.h"
#include "tests/cli/supernets.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

ProgramResult searched(const std::filesystem::path& dir, const Texts& words) {
  ProgramResult result = run_program(words, dir);
  CAPTURE(words, result.err);
  REQUIRE(result.exit_code == 0);
  return result;
}

// Waits for a file; false when the program ended without it.
bool there(const std::filesystem::path& file, StartedProgram& program) {
  while (!std::filesystem::exists(file)) {
    if (!program.running()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::vector<int> epochs_of(const Json& status) {
  std::vector<int> epochs;
  for (const auto& trial : status.at("trials")) epochs.push_back(trial.at("to_epoch").get<int>());
  return epochs;
}

TEST_CASE("supernet: enas trains and rewards in turns, on paths of its controller", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const auto result = searched(
      dir.path(), supernet_search("enas", "ppo", "--trials 12 --supernet.reward-images 99"));
  CHECK_THAT(result.err, ContainsSubstring("--supernet.reward-images 99: there are 32 held-out"));
  CHECK_THAT(result.err, ContainsSubstring("enas: 3 epochs on paths that ppo samples, 3 rewards "
                                           "after each but the last, 6 after that"));
  const Json status = status_of(dir.path(), "enas");
  const auto epochs = epochs_of(status);
  REQUIRE(epochs.size() >= 12);  // repeats with the last weights cost nothing
  CHECK(std::vector<int>(epochs.begin(), epochs.begin() + 7) ==
        std::vector<int>{1, 1, 1, 2, 2, 2, 3});
  CHECK_THAT(result.out, ContainsSubstring(" were rewarded)") &&
                             ContainsSubstring("--inherit-weights starts it") &&
                             ContainsSubstring("--cells 1 --filters 4 from all"));
  for (const auto& trial : status.at("trials")) {
    CHECK(trial.at("state").get<std::string>() == "SUCCEEDED");
    CHECK(trial.at("reward").get<double>() <= 1);
  }
  CHECK(status.at("supernet").at("method").get<std::string>() == "enas");
  CHECK(status.at("supernet").at("done").size() == 3);
  // The winner was rewarded with the weights that the training ended with.
  const auto winner = status.at("winner").at("trial").get<size_t>();
  CHECK(epochs.at(winner) == 3);
  for (int64_t epoch = 0; epoch < 3; ++epoch)
    CHECK(engine::read_paths(engine::RunFolder(dir.path() / "enas"), epoch).size() == 2);
  // Its weights are kept for who wants to start from them.
  const auto weights = common::read_safetensors(dir.path() / "enas/best/weights.safetensors");
  CHECK(weights.tensors.count("classifier.weight") == 1);
  CHECK_THAT(common::read_file(dir.path() / "enas/report.html"),
             ContainsSubstring("<h2>Supernet</h2>"));
  const auto text = run_program({"status", "--run", "enas"}, dir.path());
  CHECK_THAT(text.out, ContainsSubstring("shared  enas: epoch 3 of 3, training loss") &&
                           ContainsSubstring(", training accuracy ") &&
                           ContainsSubstring("reward  epochs  seconds"));
}

TEST_CASE("supernet: spos trains on random paths, then any strategy searches", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  for (const std::string strategy : {"evolution", "model-ppo", "random", "local-search"}) {
    CAPTURE(strategy);
    searched(dir.path(), supernet_search(strategy, strategy, "--trials 6"));
    const Json status = status_of(dir.path(), strategy);
    for (const int epochs : epochs_of(status)) CHECK(epochs == 3);
    CHECK(status.at("supernet").at("method").get<std::string>() == "spos");
    // The same training, whatever searches on it.
    CHECK(status.at("supernet").at("done").back().at("train_loss") ==
          status_of(dir.path(), "evolution").at("supernet").at("done").back().at("train_loss"));
  }
  const auto again = run_program({"search", "--run", "./random", "--repeats", "1"}, dir.path());
  CHECK(again.exit_code == 2);
  CHECK_THAT(again.err, ContainsSubstring("[--repeats]"));
  // More trials of a finished run are rewarded with the same weights.
  searched(dir.path(), supernet_search("evolution", "evolution", "--trials 8"));
  CHECK(status_of(dir.path(), "evolution").at("supernet").at("done").size() == 3);
}

TEST_CASE("supernet: darts derives a cell from its mixture", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  for (const std::string more :
       {"", "--darts.second-order", "--darts.partial-channels 2 --darts.warmup-epochs 1"}) {
    CAPTURE(more);
    const std::string run = "darts" + std::to_string(more.size());
    searched(dir.path(),
             supernet_search(run, "darts",
                             (more.empty() ? "" : more + " ") + "--darts.learning-rate 0.05"));
    const Json status = status_of(dir.path(), run);
    CHECK(epochs_of(status) == std::vector<int>{1, 2, 3, 3});
    CHECK(status.at("winner").at("trial").get<int>() == 3);
    CHECK(status.at("winner").at("by").get<std::string>() == "mixture");
    CHECK(status.at("trials").at(3).at("metrics").at("mixture").size() == 30);
    const auto& done = status.at("supernet").at("done");
    CHECK(done.at(0).at("parameters") == done.at(2).at("parameters"));
    CHECK(done.at(2).at("mixture_entropy").get<double>() > 0);
    // `none` weighs something in a mixture, and is never derived.
    const auto key = status.at("trials").at(3).at("architecture").dump();
    CHECK(key.find("none") == std::string::npos);
  }
}

TEST_CASE("supernet: killed and continued, a search ends with the same bits", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  for (const std::string strategy : {"ppo", "evolution", "darts"}) {
    CAPTURE(strategy);
    const std::string more = strategy == "darts" ? "--darts.learning-rate 0.05" : "--trials 12";
    searched(dir.path(), supernet_search(strategy, strategy, more));
    const auto words = supernet_search(strategy + "-killed", strategy, more);
    int killed = 0;
    for (const char* reached : {"trials/000000/log.txt", "supernet/checkpoint.safetensors",
                                "trials/000001/log.txt", "trials/000002/log.txt"}) {
      StartedProgram program(words, dir.path());
      if (!there(dir.path() / (strategy + "-killed") / reached, program)) break;
      program.signal(SIGKILL);
      killed += program.end() == -SIGKILL ? 1 : 0;
    }
    CHECK(killed > 0);
    searched(dir.path(), words);
    CHECK(supernet_outcome(dir.path(), strategy + "-killed") ==
          supernet_outcome(dir.path(), strategy));
    const auto tensors = [&](const std::string& run) {
      std::map<std::string, std::string> bytes;
      for (const auto& [name, tensor] :
           common::read_safetensors(dir.path() / run / "supernet/checkpoint.safetensors").tensors)
        bytes[name] = tensor.bytes;
      return bytes;
    };
    CHECK(tensors(strategy + "-killed") == tensors(strategy));
  }
}

TEST_CASE("supernet: a collapse is said wherever the winner is", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const std::string skips =
      "|skip_connect~0|+|skip_connect~0|skip_connect~1|+"
      "|skip_connect~0|skip_connect~1|skip_connect~2|";
  auto words = supernet_search("collapsed", "random", "--trials 1");
  words.insert(words.end(), {"--start-with", skips});
  const std::string text = "collapsed: 6 of 6 operations";
  CHECK_THAT(searched(dir.path(), words).err, ContainsSubstring("warning: " + text));
  CHECK_THAT(run_program({"status", "--run", "collapsed"}, dir.path()).out,
             ContainsSubstring("warning " + text));
  CHECK_THAT(status_of(dir.path(), "collapsed").at("winner").at("collapse").get<std::string>(),
             ContainsSubstring(text));
  CHECK_THAT(common::read_file(dir.path() / "collapsed/report.html"), ContainsSubstring(text));
  // Of a cell that is none, nothing is said.
  words = supernet_search("fine", "random", "--trials 1");
  words.insert(words.end(), {"--start-with",
                             "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+"
                             "|skip_connect~0|nor_conv_3x3~1|none~2|"});
  CHECK_THAT(searched(dir.path(), words).err, !ContainsSubstring("collapsed"));
}

TEST_CASE("supernet: a damaged checkpoint costs time, and nothing else", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  searched(dir.path(), supernet_search("whole", "random", "--trials 5"));
  searched(dir.path(), supernet_search("damaged", "random", "--trials 3"));
  std::filesystem::resize_file(dir.path() / "damaged/supernet/checkpoint.safetensors", 1000);
  searched(dir.path(), supernet_search("damaged", "random", "--trials 5"));
  CHECK(supernet_outcome(dir.path(), "damaged") == supernet_outcome(dir.path(), "whole"));
  // Nothing that has no effect is taken of a run that goes on, either.
  const auto refused = run_program({"search", "--run", "./whole", "--workers", "2"}, dir.path());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("[--workers] one worker trains the supernet"));
}

TEST_CASE("supernet: the winner's weights are there, whichever trials' were kept", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const std::string best = "best/weights.safetensors";
  for (const char* keep : {"1", "8"}) {
    searched(dir.path(),
             supernet_search(std::string("kept") + keep, "random",
                             std::string("--trials 8 --size-prior 100 --keep ") + keep));
  }
  const auto winner = status_of(dir.path(), "kept1").at("winner").at("trial").get<int64_t>();
  const auto of_trial = fmt::format("trials/{:06}/weights.safetensors", winner);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "kept1" / of_trial));
  const std::string weights = common::read_file(dir.path() / "kept8" / of_trial);
  CHECK(common::read_file(dir.path() / "kept1" / best) == weights);
  CHECK(common::read_file(dir.path() / "kept8" / best) == weights);
  const auto transfer = run_program(
      common::split("transfer --dataset shapes.h5 --run ./kept1 --device cpu --cells 1 --filters 4 "
                    "--epochs 1 --batch-size 32 --out model --inherit-weights",
                    ' '),
      dir.path());
  CAPTURE(transfer.err);
  CHECK(transfer.exit_code == 0);
}

TEST_CASE("supernet: a transfer starts from the weights of the search", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  searched(dir.path(), supernet_search("spos", "random", "--trials 3"));
  const auto transfer = [&](const std::string& out, const Texts& more) {
    Texts words = common::split(
        "transfer --dataset shapes.h5 --run ./spos --device cpu --cells 1 --filters 4 --epochs 1 "
        "--batch-size 32 --out " +
            out,
        ' ');
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, dir.path());
  };
  const auto inherited = transfer("inherited", {"--inherit-weights"});
  CAPTURE(inherited.err);
  CHECK(inherited.exit_code == 0);
  // Names and shapes of the child's network and of the supernet's part of it are the same.
  const auto weights = common::read_safetensors(dir.path() / "spos/best/weights.safetensors");
  const auto count = std::to_string(weights.tensors.size());
  CHECK_THAT(inherited.err, ContainsSubstring(count + " of " + count + " tensors start as in"));
  const auto planned = transfer("planned", {"--inherit-weights", "--dry-run"});
  CHECK_THAT(planned.err, ContainsSubstring(count + " of " + count + " tensors start as in"));
  const auto loss = [&](const std::string& model) {
    return common::parse_json(common::trim(common::read_file(dir.path() / model / "metrics.jsonl")),
                              model)
        .at("train_loss")
        .get<double>();
  };
  CHECK(transfer("fresh", {}).exit_code == 0);
  CHECK(loss("inherited") != loss("fresh"));

  const auto check = [&](const ProgramResult& result, int code, const std::string& part) {
    CAPTURE(result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("[--inherit-weights]") && ContainsSubstring(part));
  };
  check(
      run_program({"transfer", "--dataset", "shapes.h5", "--arch", "nasnet-a", "--inherit-weights"},
                  dir.path()),
      2, "--init-from");
  for (const char* part : {"trials", "best"})
    std::filesystem::remove_all(dir.path() / "spos" / part);
  check(transfer("none", {"--inherit-weights"}), 4, "has not kept the weights");
}

TEST_CASE("supernet: what does not go together is said before anything is made", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const auto check = [&](const std::string& strategy, const std::string& more,
                         const std::string& part) {
    const auto result = run_program(supernet_search("wrong", strategy, more), dir.path());
    CAPTURE(strategy, more, result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "wrong"));
  };
  check("darts", "--evaluator trained", "--evaluator shared");
  check("darts", "--space nasnet", "no mixture of operations");
  common::write_file_atomically(dir.path() / "one.toml",
                                "skeleton = \"darts\"\ncells = \"normal\"\n"
                                "operations = [\"sep_conv_3x3\", \"identity\"]\n");
  check("darts", "--space one.toml", "a cell for each kind");
  check("darts", "--trials 7", "one more than --epochs");
  check("darts", "--window 2", "the mixture that the one before left");
  check("darts", "--darts.warmup-epochs 3", "would weigh the same to the end");
  check("random", "--workers 2", "one worker trains the supernet");
  check("random", "--repeats 2", "the same rewards would come out");
  check("random", "--evaluator trained", "--supernet.calibration-images] nothing reads it");
  check("darts", "--supernet.method spos", "a strategy of its own");
  check("darts", "--max-parameters 1000", "within a limit");
  check("ppo", "--supernet.method darts", "--strategy darts");
  check("random", "--supernet.method enas", "--strategy ppo or reinforce");
  check("ppo", "--trials 2 --epochs 9", "the search would end before");
  check("random", "--aux", "no auxiliary head");
  check("random", "--prescreen synflow --pool 2", "--prescreen");
  check("random", "--child-time-limit 5", "--child-time-limit");
  check("random", "--reward train-loss", "train-loss");
  check("random", "--cuda-graph on", "--cuda-graph");
  check("random", "--space hyper", "nas tune");
  check("random", "--start-with nasnet-a", "--space nasbench201");
  check("darts", "--darts.partial-channels 3", "--darts.partial-channels");
}

TEST_CASE("supernet: a training that diverges ends the search with what to try", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const auto result =
      run_program(supernet_search("wild", "random",
                                  "--trials 3 --lr 100 --clip 0 --momentum 0.999 --epochs 20"),
                  dir.path());
  CAPTURE(result.err);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("not a finite number") && ContainsSubstring("--lr"));
}

}  // namespace
}  // namespace nas::tests
