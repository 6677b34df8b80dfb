#include "child_trainer/checkpoint.h"

#include "common/error.h"

namespace nas::child_trainer {

namespace {

constexpr const char* kMomentum = "momentum/";

std::filesystem::path file_in(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}

}  // namespace

common::Json to_json(const Progress& progress) {
  return {{"epoch", progress.epoch},       {"step", progress.step},
          {"loss_sum", progress.loss_sum}, {"correct_sum", progress.correct_sum},
          {"seconds", progress.seconds},   {"last", progress.last}};
}

Progress progress_from_json(const common::Json& json, const std::string& where) {
  return {.epoch = common::json_get<int64_t>(json, "epoch", where),
          .step = common::json_get<int64_t>(json, "step", where),
          .loss_sum = common::json_get<double>(json, "loss_sum", where),
          .correct_sum = common::json_get<double>(json, "correct_sum", where),
          .seconds = common::json_get<double>(json, "seconds", where),
          .last = json.value("last", common::Json())};
}

void save_checkpoint(const std::filesystem::path& folder, const Network& network,
                     const Optimizer& optimizer, const Progress& progress,
                     const std::string& identity) {
  common::TensorFile file;
  file.tensors = store_tensors(network.state(true));
  for (const auto& [name, tensor] : optimizer.momentum())
    file.tensors[kMomentum + name] = store_tensor(tensor);
  file.metadata = {{"progress", to_json(progress).dump()}, {"identity", identity}};
  common::write_safetensors(file_in(folder), file);
}

std::optional<Progress> load_checkpoint(const std::filesystem::path& folder, Network& network,
                                        Optimizer& optimizer, const std::string& identity) {
  const auto path = file_in(folder);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const common::TensorFile file = common::read_safetensors(path);
  const auto found = file.metadata.find("identity");
  if (found == file.metadata.end() || found->second != identity) return std::nullopt;
  const auto stored = file.metadata.find("progress");
  if (stored == file.metadata.end())
    throw common::DataError({.where = path.string(), .what = "no progress in the checkpoint"});
  const common::Json json = common::parse_json(stored->second, path.string());

  std::map<std::string, common::StoredTensor> weights;
  std::map<std::string, common::StoredTensor> momentum;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.rfind(kMomentum, 0) == 0) {
      momentum[name.substr(std::string(kMomentum).size())] = tensor;
    } else {
      weights[name] = tensor;
    }
  }
  copy_into(network.state(true), weights, path.string());
  copy_into(optimizer.momentum(), momentum, path.string());
  return progress_from_json(json, path.string());
}

void remove_checkpoint(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove(file_in(folder), ignored);
}

}  // namespace nas::child_trainer
