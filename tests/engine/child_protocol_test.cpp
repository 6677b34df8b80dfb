#include "engine/child_protocol.h"

#include <catch2/catch_test_macros.hpp>

#include "common/error.h"
#include "tests/engine/trial_rows.h"

namespace nas::engine {
namespace {

// Through a line of text, as between the processes.
common::Json sent(const common::Json& json) {
  const std::string line = json.dump();
  CHECK(line.find('\n') == std::string::npos);
  return common::parse_json(line, "a line");
}

TEST_CASE("child protocol: a request carries the trial, its architecture and its settings",
          "[engine]") {
  const Trial trial = promotion_of(full_trial(41), 2);
  ChildRequest request{.trial = trial, .settings = {{"lr", "0.1"}, {"augment", "flip,cutout"}}};
  request.trial.attempt = 2;
  request.trial.from_epoch = 3;
  request.trial.to_epoch = 9;
  const ChildRequest got = child_request_from_json(sent(to_json(request)));
  const Trial& read = got.trial;
  CHECK(read.id == trial.id);
  CHECK(read.kind == "promotion");
  CHECK(read.attempt == 2);
  CHECK(read.from_epoch == 3);
  CHECK(read.to_epoch == 9);
  CHECK((read.architecture == trial.architecture));
  CHECK((got.settings == request.settings));
}

TEST_CASE("child protocol: a result fills the trial, bit for bit", "[engine]") {
  const Trial full = full_trial(0);
  const ChildReply reply{.kind = "done",
                         .text = "why\nso",
                         .state = TrialState::kSucceeded,
                         .reward = 0.1 + 0.2,
                         .metrics = full.metrics,
                         .files = full.files,
                         .seconds = 1.0 / 3};
  Trial trial = waiting_trial(7);
  child_reply_from_json(sent(to_json(reply))).fill(trial);
  CHECK(trial.id == 7);
  CHECK(trial.key == waiting_trial(7).key);
  CHECK(state_text(trial.state) == "SUCCEEDED");
  REQUIRE(trial.reward.has_value());
  CHECK(*trial.reward == 0.1 + 0.2);
  CHECK(trial.reason == "why\nso");
  CHECK(trial.metrics.dump() == full.metrics.dump());
  CHECK(trial.files.dump() == full.files.dump());
  CHECK(trial.seconds == 1.0 / 3);
}

TEST_CASE("child protocol: a failure has no reward", "[engine]") {
  const ChildReply reply{.kind = "done", .text = "diverged", .state = TrialState::kNotANumber};
  Trial trial = full_trial(0);
  child_reply_from_json(sent(to_json(reply))).fill(trial);
  CHECK(state_text(trial.state) == "NAN");
  CHECK_FALSE(trial.reward.has_value());
  CHECK(trial.reason == "diverged");
}

TEST_CASE("child protocol: a child says when it ends after a result", "[engine]") {
  for (const bool last : {false, true}) {
    ChildReply reply{.kind = "done", .text = "it broke"};
    reply.last = last;
    CHECK(child_reply_from_json(sent(to_json(reply))).last == last);
  }
}

TEST_CASE("child protocol: signs of life are short", "[engine]") {
  for (const char* kind : {"progress", "stopped"}) {
    const common::Json json = to_json(ChildReply{.kind = kind});
    CHECK(json.dump().size() < 40);
    CHECK(child_reply_from_json(sent(json)).kind == kind);
  }
  const auto fatal =
      child_reply_from_json(sent(to_json(ChildReply{.kind = "fatal", .text = "no space"})));
  CHECK(fatal.kind == "fatal");
  CHECK(fatal.text == "no space");
}

TEST_CASE("child protocol: what makes no sense is an error", "[engine]") {
  const auto parsed = [](const char* text) { return common::parse_json(text, "a line"); };
  CHECK_THROWS_AS(child_reply_from_json(parsed("{}")), common::DataError);
  CHECK_THROWS_AS(child_reply_from_json(parsed("[1]")), common::DataError);
  CHECK_THROWS_AS(child_reply_from_json(parsed(R"({"kind": "done"})")), common::DataError);
  CHECK_THROWS_AS(child_reply_from_json(parsed(R"({"kind": "done", "state": "HAPPY"})")),
                  common::DataError);
  CHECK_THROWS_AS(
      child_reply_from_json(parsed(R"({"kind": "done", "state": "OOM", "reward": "x"})")),
      common::DataError);
  CHECK_THROWS_AS(child_request_from_json(parsed("{}")), common::DataError);
  CHECK_THROWS_AS(child_request_from_json(parsed(R"({"trial": 3})")), common::DataError);
  CHECK_THROWS_AS(child_request_from_json(parsed("3")), common::DataError);
}

}  // namespace
}  // namespace nas::engine
