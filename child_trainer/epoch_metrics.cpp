#include "child_trainer/epoch_metrics.h"

#include "common/file.h"
#include "common/text.h"

namespace nas::child_trainer {

common::Json to_json(const EpochMetrics& m) {
  return {{"epoch", m.epoch},
          {"train_loss", m.train_loss},
          {"train_accuracy", m.train_accuracy},
          {"valid_loss", m.valid_loss},
          {"valid_accuracy", m.valid_accuracy},
          {"valid_auc_prc", m.valid_auc_prc},
          {"learning_rate", m.learning_rate},
          {"seconds", m.seconds},
          {"images_per_second", m.images_per_second}};
}

EpochMetrics epoch_metrics_from_json(const common::Json& json) {
  const std::string where = "epoch metrics";
  const auto number = [&](const char* name) { return common::json_get<double>(json, name, where); };
  return {.epoch = common::json_get<int64_t>(json, "epoch", where),
          .train_loss = number("train_loss"),
          .train_accuracy = number("train_accuracy"),
          .valid_loss = number("valid_loss"),
          .valid_accuracy = number("valid_accuracy"),
          .valid_auc_prc = number("valid_auc_prc"),
          .learning_rate = number("learning_rate"),
          .seconds = number("seconds"),
          .images_per_second = number("images_per_second")};
}

std::vector<EpochMetrics> read_metrics(const std::filesystem::path& file) {
  std::vector<EpochMetrics> epochs;
  for (const auto& line : common::split(common::read_file(file), '\n')) {
    if (!line.empty())
      epochs.push_back(epoch_metrics_from_json(common::parse_json(line, file.string())));
  }
  return epochs;
}

void trim_metrics(const std::filesystem::path& file, int64_t epochs) {
  if (!std::filesystem::exists(file)) return;
  std::string kept;
  for (const auto& line : common::split(common::read_file(file), '\n')) {
    const auto json = common::Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.value("epoch", epochs + 1) <= epochs) kept += line + "\n";
  }
  common::write_file_atomically(file, kept);
}

}  // namespace nas::child_trainer
