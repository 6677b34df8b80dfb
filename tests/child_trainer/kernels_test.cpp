// Every kernel against LibTorch's operators in float64, in every instruction set that this machine
// has: strides, dilations, odd sizes, widths that are no multiple of a vector, batches of one.
#include "child_trainer/kernels/kernels.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <limits>

#include "child_trainer/packed_convolution.h"
#include "child_trainer/plan.h"
#include "common/random.h"
#include "search_space/graph_builder.h"
#include "tests/child_trainer/tensors.h"

namespace nas::child_trainer {
namespace {

// Images [n, c, h, w] in channels-last order.
at::Tensor random_images(int64_t n, int64_t c, int64_t h, int64_t w, uint64_t seed) {
  return random_tensor({n, c, h, w}, seed).contiguous(at::MemoryFormat::ChannelsLast);
}

kernels::Images images_of(const at::Tensor& x) {
  return {.data = x.data_ptr<float>(),
          .height = x.size(2),
          .width = x.size(3),
          .channels = x.size(1),
          .pixel_stride = x.size(1)};
}

// A source as LibTorch computes it, in float64.
at::Tensor value_of(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                    bool relu) {
  at::Tensor y = x.to(at::kDouble);
  if (scale.defined()) y = y * scale.to(at::kDouble).view({1, -1, 1, 1});
  if (shift.defined()) y = y + shift.to(at::kDouble).view({1, -1, 1, 1});
  return relu ? at::relu(y) : y;
}

void check_close(const char* what, const at::Tensor& mine, const at::Tensor& truth) {
  const double error =
      ((mine.to(at::kDouble) - truth).norm() / (truth.norm() + 1e-6)).item<double>();
  CAPTURE(what, error);
  CHECK(error < 1e-5);
}

struct Case {
  int64_t channels = 8, out_channels = 8, height = 8, width = 8;
  int64_t kernel_h = 3, kernel_w = 3, stride = 1, dilation = 1;
  bool separable = false;
  bool relu = true;
  bool batch_norm = true;  // before and behind
  int64_t images = 2;
  bool shifted = false;  // a pad and a slice before it
};

// The convolution of a case, forward and backward, by the kernels and by LibTorch.
void check_convolution(const kernels::Kernels& kernels, const Case& c) {
  CAPTURE(kernels.name, c.channels, c.out_channels, c.height, c.width, c.kernel_h, c.kernel_w,
          c.stride, c.dilation, c.separable, c.relu, c.batch_norm, c.images, c.shifted);
  search_space::GraphBuilder graph({c.channels, c.height, c.width});
  int node = graph.image();
  if (c.shifted) node = graph.slice(graph.pad(node, 0, 0, 1, 1), 1, 1);
  search_space::ConvSpec spec{.channels = c.separable ? c.channels : c.out_channels,
                              .kernel_h = c.kernel_h,
                              .kernel_w = c.kernel_w,
                              .stride_h = c.stride,
                              .stride_w = c.stride,
                              .dilation = c.dilation,
                              .groups = c.separable ? c.channels : 1};
  node = graph.conv2d("windowed", node, spec);
  if (c.separable) node = graph.conv2d("pointwise", node, {.channels = c.out_channels});
  const auto network = graph.finish(graph.linear("l", node, 2), std::nullopt, 2);
  const Plan plan = fuse(network);
  const Step& step = plan.steps[0];
  REQUIRE(step.kind == Step::Kind::kConvolution);
  REQUIRE((step.depthwise >= 0) == c.separable);

  const auto weight = [&](int i, uint64_t seed) {
    return random_tensor(network.nodes[static_cast<size_t>(i)].parameters[0].shape, seed)
        .contiguous(at::MemoryFormat::ChannelsLast)
        .set_requires_grad(true);
  };
  const at::Tensor depthwise = c.separable ? weight(step.depthwise, 1) : at::Tensor();
  const at::Tensor dense = weight(step.convolution, 2);
  PackedConvolution packed(kernels, network, plan.buffers[0], step, depthwise, dense);
  packed.pack();
  const auto& shape = packed.shape();

  // The input is the concat of two parts where it has channels enough.
  const at::Tensor x = random_images(c.images, c.channels, c.height, c.width, 3);
  const int64_t cut = c.channels > 4 ? c.channels / 2 + 1 : c.channels;
  std::vector<at::Tensor> parts = {x.slice(1, 0, cut).contiguous(at::MemoryFormat::ChannelsLast)};
  if (cut < c.channels) parts.push_back(x.slice(1, cut).contiguous(at::MemoryFormat::ChannelsLast));
  const at::Tensor scale = c.batch_norm ? random_tensor({c.channels}, 4) : at::Tensor();
  const at::Tensor shift = c.batch_norm ? random_tensor({c.channels}, 5) : at::Tensor();
  std::vector<kernels::Source> inputs;
  int64_t channel = 0;
  for (const at::Tensor& part : parts) {
    inputs.push_back({.images = images_of(part),
                      .scale = c.batch_norm ? scale.data_ptr<float>() + channel : nullptr,
                      .shift = c.batch_norm ? shift.data_ptr<float>() + channel : nullptr,
                      .relu = c.relu});
    channel += part.size(1);
  }
  at::Tensor y = at::full({c.images, c.out_channels, shape.out_height, shape.out_width}, 7.0F)
                     .contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<double> sums(static_cast<size_t>(2 * c.out_channels), 0.0);
  std::vector<float> floats(static_cast<size_t>(kernels.scratch(shape)) + 16);
  float* scratch = floats.data() + (64 - reinterpret_cast<uintptr_t>(floats.data()) % 64) / 4;
  kernels.convolution_forward({.shape = shape,
                               .inputs = inputs.data(),
                               .parts = static_cast<int64_t>(inputs.size()),
                               .weights = packed.weights(),
                               .output = images_of(y),
                               .sums = sums.data()},
                              0, c.images, scratch);

  at::Tensor before =
      c.batch_norm ? x.to(at::kDouble) * scale.view({1, -1, 1, 1}) + shift.view({1, -1, 1, 1})
                   : x.to(at::kDouble);
  before = before.detach().set_requires_grad(true);
  at::Tensor t = c.relu ? at::relu(before) : before;
  if (c.shifted) t = at::constant_pad_nd(t, {0, 1, 0, 1}).slice(2, 1).slice(3, 1);
  const auto& a =
      network.nodes[static_cast<size_t>(c.separable ? step.depthwise : step.convolution)]
          .attributes;
  const at::Tensor first =
      (c.separable ? depthwise : dense).detach().to(at::kDouble).set_requires_grad(true);
  t = at::conv2d(t, first, {}, {c.stride, c.stride}, {a.top, a.left}, {c.dilation, c.dilation},
                 a.groups);
  const at::Tensor second = dense.detach().to(at::kDouble).set_requires_grad(true);
  if (c.separable) t = at::conv2d(t, second);
  check_close("output", y, t.detach());
  const at::Tensor totals = at::from_blob(sums.data(), {2, c.out_channels}, at::kDouble);
  check_close("sums", totals[0], t.detach().sum({0, 2, 3}));
  check_close("squares", totals[1], (t.detach() * t.detach()).sum({0, 2, 3}));

  // Backward: dz = mask a dy + b z + c where a batch norm follows.
  const at::Tensor dy = random_images(c.images, c.out_channels, y.size(2), y.size(3), 6);
  const at::Tensor mask = random_tensor({c.images}, 7);
  const at::Tensor coefficients = random_tensor({3, c.out_channels}, 8);
  kernels::Gradient gradient{.dy = images_of(dy), .mask = mask.data_ptr<float>()};
  at::Tensor dz = dy.to(at::kDouble) * mask.view({-1, 1, 1, 1});
  if (c.batch_norm) {
    gradient.z = images_of(y);
    gradient.a = coefficients.data_ptr<float>();
    gradient.b = gradient.a + c.out_channels;
    gradient.c = gradient.b + c.out_channels;
    const at::Tensor k = coefficients.to(at::kDouble).view({3, 1, -1, 1, 1});
    dz = dz * k[0] + y.to(at::kDouble) * k[1] + k[2];
  }
  t.backward(dz);

  std::vector<at::Tensor> d_parts;
  std::vector<kernels::Target> targets;
  std::vector<double> d_sums(static_cast<size_t>(2 * c.channels), 0.0);
  double* d_sums_at = d_sums.data();
  for (const at::Tensor& part : parts) {
    d_parts.push_back(at::ones_like(part));
    targets.push_back(
        {.images = images_of(d_parts.back()), .accumulate = true, .batch_norm = d_sums_at});
    d_sums_at += 2 * part.size(1);
  }
  std::vector<float> partial(static_cast<size_t>(packed.depthwise_floats() + packed.dense_floats()),
                             0.0F);
  kernels.convolution_backward({.shape = shape,
                                .inputs = inputs.data(),
                                .parts = static_cast<int64_t>(inputs.size()),
                                .weights = packed.weights(),
                                .gradient = gradient,
                                .targets = targets.data(),
                                .d_depthwise = partial.data(),
                                .d_forward = partial.data() + packed.depthwise_floats()},
                               0, c.images, scratch);
  packed.add_gradients(partial, 1);
  check_close("input", at::cat(d_parts, 1) - 1, before.grad());
  d_sums_at = d_sums.data();
  channel = 0;
  for (const at::Tensor& part : parts) {
    const at::Tensor both = at::from_blob(d_sums_at, {2, part.size(1)}, at::kDouble);
    const at::Tensor d = before.grad().slice(1, channel, channel + part.size(1));
    check_close("sums of d", both[0], d.sum({0, 2, 3}));
    check_close("sums of d x", both[1], (d * part.to(at::kDouble)).sum({0, 2, 3}));
    d_sums_at += 2 * part.size(1);
    channel += part.size(1);
  }
  check_close("first weight", (c.separable ? depthwise : dense).grad(), first.grad());
  if (c.separable) check_close("second weight", dense.grad(), second.grad());
}

void on_all(const std::function<void(const kernels::Kernels&)>& check) {
  for (const auto* const* table = kernels::usable(); *table != nullptr; ++table) check(**table);
}

TEST_CASE("kernels: the portable ones are usable everywhere, and named", "[child_trainer]") {
  std::vector<std::string> names;
  on_all([&](const kernels::Kernels& kernels) { names.emplace_back(kernels.name); });
  REQUIRE_FALSE(names.empty());
  CHECK(names.back() == "portable");
  CHECK(names.front() == kernels::usable()[0]->name);
}

TEST_CASE("kernels: separable convolutions", "[child_trainer]") {
  on_all([](const kernels::Kernels& kernels) {
    for (const int64_t kernel : {3, 5, 7})
      for (const int64_t stride : {1, 2})
        for (const int64_t dilation : {1, 2})
          for (const int64_t size : {4, 7, 9})
            check_convolution(kernels, {.channels = 20,
                                        .out_channels = size == 7 ? 24 : 8,
                                        .height = size,
                                        .width = size + 3,
                                        .kernel_h = kernel,
                                        .kernel_w = kernel,
                                        .stride = stride,
                                        .dilation = dilation,
                                        .separable = true});
  });
}

TEST_CASE("kernels: dense convolutions", "[child_trainer]") {
  on_all([](const kernels::Kernels& kernels) {
    for (const int64_t kernel : {1, 3, 5})
      for (const int64_t stride : {1, 2, 3})
        for (const int64_t dilation : {1, 2})
          for (const int64_t size : {5, 8})
            check_convolution(kernels, {.channels = size == 5 ? 3 : 32,
                                        .out_channels = size == 5 ? 18 : 16,
                                        .height = size,
                                        .width = size,
                                        .kernel_h = kernel,
                                        .kernel_w = kernel,
                                        .stride = stride,
                                        .dilation = dilation});
    check_convolution(kernels, {.kernel_h = 1, .kernel_w = 7});
    check_convolution(kernels, {.kernel_h = 7, .kernel_w = 1, .stride = 2});
  });
}

TEST_CASE("kernels: convolutions at the edges of what they are for", "[child_trainer]") {
  on_all([](const kernels::Kernels& kernels) {
    for (const bool separable : {false, true}) {
      check_convolution(kernels, {.separable = separable, .images = 1});
      check_convolution(kernels, {.height = 1, .width = 1, .separable = separable});
      check_convolution(kernels, {.height = 2, .width = 2, .stride = 2, .separable = separable});
      check_convolution(kernels, {.separable = separable, .relu = false});
      check_convolution(kernels, {.separable = separable, .batch_norm = false});
      check_convolution(kernels, {.channels = 2, .out_channels = 5, .separable = separable});
      check_convolution(kernels, {.channels = 100, .out_channels = 36, .separable = separable});
      check_convolution(kernels, {.height = 3, .width = 150, .separable = separable});
    }
    for (const int64_t size : {6, 7})
      check_convolution(kernels, {.height = size,
                                  .width = size,
                                  .kernel_h = 1,
                                  .kernel_w = 1,
                                  .stride = 2,
                                  .shifted = true});
  });
}

TEST_CASE("kernels: pools, forward and backward", "[child_trainer]") {
  on_all([](const kernels::Kernels& kernels) {
    for (const bool max : {false, true})
      for (const int64_t kernel : {2, 3, 5})
        for (const int64_t stride : {1, 2, 3})
          for (const int64_t channels : {3, 16, 20}) {
            CAPTURE(kernels.name, max, kernel, stride, channels);
            const int64_t padding = (kernel - 1) / 2;
            const kernels::Pool pool{
                .max = max, .kernel = kernel, .stride = stride, .top = padding, .left = padding};
            const at::Tensor x = random_images(2, channels, 7, 9, 1);
            const at::Tensor scale = random_tensor({channels}, 2);
            const at::Tensor shift = random_tensor({channels}, 3);
            const at::Tensor mask = random_tensor({2}, 4);
            const at::Tensor masks = mask.to(at::kDouble).view({-1, 1, 1, 1});
            at::Tensor value = value_of(x, scale, shift, false).detach().set_requires_grad(true);
            const at::Tensor truth =
                max ? at::max_pool2d(value, {kernel, kernel}, {stride, stride}, {padding, padding})
                    : at::avg_pool2d(value, {kernel, kernel}, {stride, stride}, {padding, padding},
                                     false, false);
            at::Tensor y = at::ones(truth.sizes()).contiguous(at::MemoryFormat::ChannelsLast);
            std::vector<uint8_t> chosen(static_cast<size_t>(y.numel()));
            const kernels::Source source{.images = images_of(x),
                                         .scale = scale.data_ptr<float>(),
                                         .shift = shift.data_ptr<float>(),
                                         .mask = mask.data_ptr<float>()};
            kernels.pool_forward(pool, source, images_of(y), chosen.data(), true, 0, 2);
            check_close("output", y - 1, (truth * masks).detach());
            const at::Tensor dy = random_images(2, channels, y.size(2), y.size(3), 5);
            (truth * masks).backward(dy.to(at::kDouble));
            at::Tensor dx = at::ones_like(x);
            kernels.pool_backward(pool, images_of(dy), mask.data_ptr<float>(), chosen.data(),
                                  images_of(dx), 0, 2);
            check_close("gradient", dx - 1, value.grad());
          }
  });
}

TEST_CASE("kernels: a max pool of infinities stays within its image", "[child_trainer]") {
  on_all([](const kernels::Kernels& kernels) {
    const kernels::Pool pool{.max = true, .kernel = 3, .stride = 1, .top = 1, .left = 1};
    const at::Tensor x = at::full({1, 8, 4, 4}, -std::numeric_limits<float>::infinity())
                             .contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor y = at::zeros_like(x);
    std::vector<uint8_t> chosen(static_cast<size_t>(y.numel()));
    kernels.pool_forward(pool, {.images = images_of(x)}, images_of(y), chosen.data(), false, 0, 1);
    for (size_t i = 0; i < 8; ++i) CHECK(chosen[i] == 4);  // the first that is no padding
  });
}

TEST_CASE("kernels: sums of values, and their gradients", "[child_trainer]") {
  on_all([](const kernels::Kernels& kernels) {
    for (const int64_t channels : {1, 8, 16, 20, 37})
      for (const int64_t count : {1, 2, 3, 5}) {
        CAPTURE(kernels.name, channels, count);
        std::vector<at::Tensor> kept;
        std::vector<kernels::Source> sources;
        at::Tensor truth = at::zeros({3, channels, 5, 6}, at::kDouble);
        for (int64_t i = 0; i < count; ++i) {
          const auto seed = static_cast<uint64_t>(10 * i);
          const at::Tensor x = random_images(3, channels, 5, 6, seed);
          const at::Tensor scale = random_tensor({channels}, seed + 1);
          const at::Tensor shift = random_tensor({channels}, seed + 2);
          const at::Tensor mask = random_tensor({3}, seed + 3);
          kept.insert(kept.end(), {x, scale, shift, mask});
          sources.push_back({.images = images_of(x),
                             .scale = scale.data_ptr<float>(),
                             .shift = shift.data_ptr<float>(),
                             .mask = i % 2 == 0 ? mask.data_ptr<float>() : nullptr,
                             .relu = i % 3 == 0});
          at::Tensor value = value_of(x, scale, shift, i % 3 == 0);
          if (i % 2 == 0) value = value * mask.view({-1, 1, 1, 1});
          truth = truth + value;
        }
        at::Tensor y =
            at::full({3, channels, 5, 6}, 9.0F).contiguous(at::MemoryFormat::ChannelsLast);
        kernels.sum(sources.data(), count, images_of(y), 0, 3);
        check_close("sum", y, truth);

        const at::Tensor dy = random_images(3, channels, 5, 6, 99);
        at::Tensor dx = at::ones_like(y);
        kernels.add_gradient(images_of(dy), sources[0],
                             {.images = images_of(dx), .accumulate = true}, 0, 3);
        const at::Tensor active = value_of(kept[0], kept[1], kept[2], true) > 0;
        check_close("gradient", dx - 1, dy.to(at::kDouble) * kept[3].view({-1, 1, 1, 1}) * active);

        std::vector<double> sums(static_cast<size_t>(2 * channels), 0.0);
        kernels.batch_norm_sums(images_of(dy), kept[3].data_ptr<float>(), images_of(kept[0]),
                                sums.data(), 0, 3);
        const at::Tensor both = at::from_blob(sums.data(), {2, channels}, at::kDouble);
        const at::Tensor masked = dy.to(at::kDouble) * kept[3].view({-1, 1, 1, 1});
        check_close("sums of dy", both[0], masked.sum({0, 2, 3}));
        check_close("sums of dy z", both[1], (masked * kept[0]).sum({0, 2, 3}));
      }
  });
}

}  // namespace
}  // namespace nas::child_trainer
