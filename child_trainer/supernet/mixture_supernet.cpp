#include "child_trainer/supernet/mixture_supernet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/error.h"
#include "search_space/collapse.h"

namespace nas::child_trainer {

namespace {

constexpr double kPerturbation = 0.01;
constexpr uint64_t kHeldOut = 1;  // RandomKey::trial of the order of the held-out images

SupernetJob with_mixture(SupernetJob job, const MixtureSettings& settings) {
  job.network.mixture = search_space::MixtureOptions{.partial_channels = settings.partial_channels};
  return job;
}

}  // namespace

MixtureSupernet::MixtureSupernet(data::Dataset dataset, at::Device device, SupernetJob job,
                                 search_space::Mixture mixture, const MixtureSettings& settings)
    : Supernet(std::move(dataset), device, with_mixture(std::move(job), settings)),
      mixture_(std::move(mixture)),
      settings_(settings),
      whole_(mutable_bank(), search_space::build_network(mixture_.dense, this->job().network),
             this->job().settings),
      weights_(mixture_, settings_, this->job().seed, whole_.network()) {}

search_space::NetworkGraph MixtureSupernet::graph_of(
    const search_space::Architecture& architecture) const {
  return search_space::build_network(architecture, job().network);
}

StepLoss MixtureSupernet::pass(const Batch& batch, const Step& step) {
  StepLoss loss = forward_loss(whole_.network(), batch, job().settings,
                               {.drop_path = step.drop_path, .key = step.key});
  loss.loss.backward();
  return loss;
}

Batch MixtureSupernet::held_out_batch(const Step& step) {
  const int64_t count = EpochBatches::count_for(held_out().count(), job().settings.batch_size);
  if (const int64_t round = step.global() / count; round != held_out_round_) {
    held_out_round_ = round;
    held_out_batches_ = std::make_unique<EpochBatches>(
        held_out(), job().settings.batch_size, job().settings.augment,
        common::RandomKey{
            .seed = job().seed, .trial = kHeldOut, .epoch = static_cast<uint64_t>(round)});
  }
  return held_out_batches_->get(step.global() % count);
}

MixtureWeights::Gradients MixtureSupernet::first_order(const Batch& held_out, const Step& step) {
  pass(held_out, step);
  whole_.take_gradients();  // the weights do not learn from held-out images
  return weights_.take_gradients();
}

MixtureWeights::Gradients MixtureSupernet::second_order(const Batch& batch, const Batch& held_out,
                                                        const Step& step) {
  const double rate = step.learning_rate;
  pass(batch, step);
  weights_.take_gradients();
  const auto updates = whole_.take_gradients();
  std::vector<at::Tensor> values;
  std::vector<at::Tensor> before;
  {
    const at::NoGradGuard no_grad;
    for (const auto& [entry, gradient] : updates) {
      values.push_back(entry->value);
      before.push_back(entry->value.detach().clone());
      at::Tensor change = gradient.add(entry->momentum, job().settings.momentum);
      if (entry->decays()) change.add_(entry->value, job().settings.weight_decay);
      entry->value.sub_(change, rate);
    }
  }
  pass(held_out, step);
  auto gradients = weights_.take_gradients();
  std::vector<at::Tensor> direction;
  for (const auto& update : whole_.take_gradients()) direction.push_back(update.gradient);
  if (direction.size() != values.size())
    throw common::InternalError({.where = "mixture", .what = "weights without a gradient"});
  const at::Tensor length = at::stack(at::_foreach_norm(direction, 2)).norm();
  const double scale = kPerturbation / std::max(1e-12, length.item<double>());
  // The gradient at alpha where the weights are moved along the direction.
  const auto moved = [&](double distance) {
    {
      const at::NoGradGuard no_grad;
      for (size_t i = 0; i < values.size(); ++i)
        values[i].copy_(before[i]).add_(direction[i], distance);
    }
    pass(batch, step);
    whole_.take_gradients();
    return weights_.take_gradients();
  };
  const auto above = moved(scale);
  const auto below = moved(-scale);
  {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < values.size(); ++i) values[i].copy_(before[i]);
  }
  const double factor = rate / (2.0 * scale);
  gradients.alpha.sub_(above.alpha - below.alpha, factor);
  if (gradients.beta.defined()) gradients.beta.sub_(above.beta - below.beta, factor);
  return gradients;
}

StepLoss MixtureSupernet::train(const Batch& batch, const Step& step) {
  weights_.write();
  if (step.epoch >= settings_.warmup_epochs) {
    const Batch held_out = held_out_batch(step);
    weights_.step(settings_.second_order ? second_order(batch, held_out, step)
                                         : first_order(held_out, step));
    weights_.write();
  }
  StepLoss loss = pass(batch, step);
  weights_.take_gradients();
  whole_.step(step.learning_rate);
  return loss;
}

common::Json MixtureSupernet::epoch_details() const {
  const auto derived = mixture_.derive(weights_.values());
  const auto collapse = search_space::collapse_of(derived);
  return {{"mixture_entropy", weights_.entropy()},
          {"without_weights", collapse.without_weights},
          {"edges", collapse.edges}};
}

}  // namespace nas::child_trainer
