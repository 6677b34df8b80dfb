#include "child_trainer/train_settings.h"

#include <cmath>

#include "child_trainer/augmentation.h"
#include "child_trainer/kernels/kernels.h"
#include "common/error.h"

namespace nas::child_trainer {

common::OptionList TrainSettings::options() const {
  return {
      {.name = "epochs",
       .value = epochs,
       .help = "Passes over the training images",
       .min = 1,
       .max = 100000},
      {.name = "batch-size", .value = batch_size, .help = "Images a step", .min = 1, .max = 65536},
      {.name = "lr",
       .value = learning_rate,
       .help = "Learning rate at the start; follows one cosine to 0",
       .min = 0.0,
       .max = 100},
      {.name = "warmup-epochs",
       .value = warmup_epochs,
       .help = "Epochs of linear warm-up",
       .min = 0,
       .max = 10000},
      {.name = "momentum",
       .value = momentum,
       .help = "Nesterov momentum",
       .min = 0.0,
       .max = 0.9999},
      {.name = "weight-decay",
       .value = weight_decay,
       .help = "L2 on weights, not on batch norms and biases",
       .min = 0.0,
       .max = 1},
      {.name = "label-smoothing",
       .value = label_smoothing,
       .help = "Share of the target given to all classes",
       .min = 0.0,
       .max = 0.99},
      {.name = "clip",
       .value = clip,
       .help = "Largest norm of the gradient; 0: no limit",
       .min = 0.0},
      {.name = "drop-path",
       .value = drop_path,
       .help = "Probability of dropping a path at the end of training; grows linearly",
       .min = 0.0,
       .max = 0.95},
      {.name = "aux", .value = auxiliary, .help = "Train an auxiliary head"},
      {.name = "aux-weight",
       .value = auxiliary_weight,
       .help = "Weight of the auxiliary head's loss",
       .min = 0.0,
       .max = 10},
      {.name = "dropout",
       .value = dropout,
       .help = "Dropout before the classifier",
       .min = 0.0,
       .max = 0.95},
      {.name = "augment",
       .value = augment,
       .help = "Augmentations, in order",
       .choices = common::Registry<Augmentation>::names()},
      {.name = "precision",
       .value = precision,
       .help = "bf16: autocast; auto, of a transfer: the faster of both",
       .choices = {"fp32", "bf16", "auto"}},
      {.name = "kernels",
       .value = kernels,
       .help = "On a CPU in fp32: auto, our own, or LibTorch's operators throughout",
       .choices = {"auto", "torch"}},
      {.name = "cuda-graph",
       .value = cuda_graph,
       .help = "On a GPU: give it a whole training step in one call; auto: where that can be done "
               "there, and else say why not",
       .choices = {"off", "on", "auto"}},
  };
}

common::Option recompute_option() {
  return {.name = "recompute",
          .value = false,
          .help =
              "Keep little of a forward pass and compute the rest anew in the backward pass: "
              "less memory, more time, the same result",
          .lasting = common::Lasting::kUntilChanged};
}

TrainSettings TrainSettings::from(const common::Options& options) {
  TrainSettings settings;
  settings.epochs = options.integer("epochs");
  settings.batch_size = options.integer("batch-size");
  settings.learning_rate = options.number("lr");
  settings.warmup_epochs = options.integer("warmup-epochs");
  settings.momentum = options.number("momentum");
  settings.weight_decay = options.number("weight-decay");
  settings.label_smoothing = options.number("label-smoothing");
  settings.clip = options.number("clip");
  settings.drop_path = options.number("drop-path");
  settings.auxiliary = options.flag("aux");
  settings.auxiliary_weight = options.number("aux-weight");
  settings.dropout = options.number("dropout");
  settings.augment = options.list("augment");
  settings.precision = options.text("precision");
  if (settings.precision == "auto") {
    throw common::ConfigError({.where = "--precision",
                               .what = "auto would make children that cannot be compared",
                               .got = "auto",
                               .expected = "fp32 or bf16; auto is for nas transfer"});
  }
  settings.kernels = options.text("kernels");
  settings.cuda_graph = options.text("cuda-graph");
  settings.recompute = options.contains("recompute") && options.flag("recompute");
  return settings;
}

search_space::NetworkOptions TrainSettings::in_training(
    search_space::NetworkOptions network) const {
  network.auxiliary = auxiliary;
  network.dropout = dropout;
  return network;
}

bool kernels_run(const TrainSettings& settings, at::Device device) {
  return device.is_cpu() && settings.kernels == "auto" && settings.precision == "fp32";
}

std::string kernels_text(const TrainSettings& settings, at::Device device) {
  if (!kernels_run(settings, device)) return "LibTorch's operators";
  return std::string("kernels for ") + kernels::best().name;
}

double learning_rate_at(const TrainSettings& settings, int64_t step, int64_t steps_an_epoch) {
  const auto warmup = static_cast<double>(settings.warmup_epochs * steps_an_epoch);
  const auto total = static_cast<double>(settings.epochs * steps_an_epoch);
  const auto now = static_cast<double>(step);
  if (now < warmup) return settings.learning_rate * (now + 1) / warmup;
  const double progress = (now - warmup) / std::max(1.0, total - warmup);
  return settings.learning_rate * 0.5 * (1.0 + std::cos(M_PI * progress));
}

double drop_path_at(const TrainSettings& settings, int64_t step, int64_t steps_an_epoch) {
  const auto total = static_cast<double>(settings.epochs * steps_an_epoch);
  return settings.drop_path * static_cast<double>(step) / std::max(1.0, total);
}

}  // namespace nas::child_trainer
