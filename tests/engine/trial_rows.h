// Trials for tests of the store.
#pragma once

#include "engine/store.h"

namespace nas::engine {

inline constexpr const char* kBench201 =
    "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|none~1|none~2|";

inline Trial waiting_trial(int64_t id) {
  Trial trial{.id = id, .choices = {1, 2, 3}, .key = "key " + std::to_string(id)};
  trial.architecture = search_space::from_nasbench201_text(kBench201);
  return trial;
}

inline void insert_waiting(Store& store, int64_t count) {
  for (int64_t id = 0; id < count; ++id) store.insert(waiting_trial(id));
}

inline Trial with_reward(Trial trial, double reward) {
  trial.state = TrialState::kSucceeded;
  trial.reward = reward;
  return trial;
}

// Every field has a value that is easily lost on the way.
inline Trial full_trial(int64_t id) {
  Trial trial = waiting_trial(id);
  trial.kind = "promotion";
  trial.choices = {0, 12, search_space::kInactive, 7};
  trial.key = "a 'quoted' \"key\"; DROP TABLE trials -- \xC3\xA4";
  trial.architecture.name = "named";
  trial.reused_from = 2;
  trial.from_epoch = 3;
  trial.to_epoch = 1LL << 40;
  trial.attempt = 5;
  trial.state = TrialState::kSucceeded;
  trial.worker = "worker/7";
  trial.lease = "18446744073709551615";
  trial.reward = 0.1 + 0.2;
  trial.reason = "line one\nline two\t:placeholder";
  trial.metrics = {{"valid_loss", 1.0 / 3}, {"tiny", 5e-324}, {"list", {1, 2.5, nullptr}}};
  trial.files = {{"weights.safetensors", "0123abcd"}};
  trial.seconds = 1e-300;
  return trial;
}

}  // namespace nas::engine
