// Steps that are recorded, on the CPU: there doing the work again is what a replay is, since all
// that a step reads and writes stays in its place.
#include "child_trainer/step_graph.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "child_trainer/distributed/single_communicator.h"
#include "child_trainer/step_runner.h"
#include "common/error.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"
#include "tests/child_trainer/trainings.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr int kSteps = 10;

struct Calls {
  int run = 0;
  int captured = 0;
  int replayed = 0;
};

class WorkAgain : public WorkGraph {
 public:
  explicit WorkAgain(Calls& calls, bool fails = false) : calls_(calls), fails_(fails) {}

  void run(const Work& work) override {
    ++calls_.run;
    work();
  }
  void capture(const Work& work) override {
    TORCH_CHECK(!fails_, "operation not permitted\nand so on");
    ++calls_.captured;
    work_ = work;
  }
  void replay() override {
    ++calls_.replayed;
    work_();
  }

 private:
  Calls& calls_;
  bool fails_;
  Work work_;
};

TrainJob two_epochs() {
  TrainJob job = busy_job("");
  job.settings.learning_rate = 0.02;
  return job;
}

// A job's network, images and first steps.
class Steps {
 public:
  explicit Steps(const TrainJob& job)
      : job_(job),
        dataset_(training_set()),
        images_(dataset_, dataset_.train, measure_normalisation(dataset_, dataset_.train), kCpu),
        network_(graph_of(job, dataset_), kCpu, {.seed = job.seed}) {
    network_.use_kernels(job.settings.kernels == "auto");
    network_.recompute(job.settings.recompute);
  }

  // The sums after each step, and the network's tensors at the end.
  template <class Step>
  std::vector<at::Tensor> take(StepSums& sums, const Step& step) {
    std::vector<at::Tensor> results;
    const auto& settings = job_.settings;
    std::unique_ptr<EpochBatches> batches;
    for (int64_t i = 0; i < kSteps; ++i) {
      const int64_t count = EpochBatches::count_for(images_.count(), settings.batch_size);
      if (i % count == 0) {
        batches = std::make_unique<EpochBatches>(
            images_, settings.batch_size, settings.augment,
            common::RandomKey{.seed = job_.seed, .epoch = static_cast<uint64_t>(i / count)});
      }
      const Pass pass{.drop_path = drop_path_at(settings, i, count),
                      .key = {.seed = job_.seed, .epoch = static_cast<uint64_t>(i)}};
      step(*batches, i % count, learning_rate_at(settings, i, count), pass);
      results.push_back(sums.read());
    }
    for (const auto& [name, tensor] : network_.state(true))
      results.push_back(tensor.detach().clone());
    return results;
  }

  Network& network() { return network_; }

 private:
  static search_space::NetworkGraph graph_of(const TrainJob& job, const data::Dataset& dataset) {
    auto options = job.settings.in_training(job.network);
    options.classes = dataset.class_count();
    return search_space::build_network(job.architecture, options);
  }

  TrainJob job_;
  data::Dataset dataset_;
  DeviceSplit images_;
  Network network_;
};

std::vector<at::Tensor> piece_by_piece(const TrainJob& job) {
  Steps steps(job);
  SingleCommunicator alone;
  StepRunner runner(steps.network(), job.settings, job.parallel, alone);
  return steps.take(runner.sums(),
                    [&](EpochBatches& batches, int64_t index, double rate, const Pass& pass) {
                      runner.step(batches, index, rate, pass);
                    });
}

std::vector<at::Tensor> recorded(const TrainJob& job, std::unique_ptr<WorkGraph> work) {
  Steps steps(job);
  Optimizer optimizer(steps.network(), job.settings);
  StepSums sums(kCpu);
  StepGraph graph(steps.network(), optimizer, job.settings, sums, std::move(work));
  return steps.take(sums, [&](EpochBatches& batches, int64_t index, double rate, const Pass& pass) {
    const at::Tensor before = sums.read();
    graph.step(batches.get(index), rate, pass);
    const double added = (sums.read() - before)[0].item<double>();
    CHECK(std::abs(graph.loss().item<double>() - added) < 1e-6);
  });
}

bool same_tensors(const std::vector<at::Tensor>& one, const std::vector<at::Tensor>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) { return at::equal(a, b); });
}

TEST_CASE("step graph: replays have the bits of steps run piece by piece", "[child_trainer]") {
  set_threads(1);
  TrainJob job = two_epochs();
  struct Recording {
    const char* kernels;
    const char* precision;
    bool recompute;
  };
  for (const auto& [kernels, precision, recompute] :
       {Recording{"auto", "fp32", false}, Recording{"auto", "fp32", true},
        Recording{"torch", "fp32", false}, Recording{"torch", "bf16", false},
        Recording{"torch", "bf16", true}}) {
    CAPTURE(kernels, precision, recompute);
    job.settings.kernels = kernels;
    job.settings.precision = precision;
    job.settings.recompute = recompute;
    Calls calls;
    CHECK(same_tensors(recorded(job, std::make_unique<WorkAgain>(calls)), piece_by_piece(job)));
    CHECK(calls.run == StepGraph::kFirstSteps);
    CHECK(calls.captured == 1);
    CHECK(calls.replayed == kSteps - StepGraph::kFirstSteps);
  }
}

TEST_CASE("step graph: a step that cannot be recorded is run piece by piece", "[child_trainer]") {
  set_threads(1);
  TrainJob job = two_epochs();
  job.settings.cuda_graph = "auto";
  Calls calls;
  const auto result = recorded(job, std::make_unique<WorkAgain>(calls, /*fails=*/true));
  CHECK(calls.run == kSteps);
  CHECK(calls.replayed == 0);
  CHECK(same_tensors(result, piece_by_piece(job)));
  job.settings.cuda_graph = "on";
  CHECK_THROWS_AS(recorded(job, std::make_unique<WorkAgain>(calls, /*fails=*/true)), c10::Error);
}

TEST_CASE("step graph: batches are of one size", "[child_trainer]") {
  Network network(small_graph(), kCpu, {.seed = 2});
  const TrainSettings settings;
  Optimizer optimizer(network, settings);
  StepSums sums(kCpu);
  Calls calls;
  StepGraph graph(network, optimizer, settings, sums, std::make_unique<WorkAgain>(calls));
  const auto batch_of = [](int64_t images) {
    return Batch{.images = at::ones({images, 3, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast),
                 .targets = at::zeros({images}, at::kLong)};
  };
  graph.step(batch_of(4), 0.1, {});
  CHECK_THROWS_AS(graph.step(batch_of(1), 0.1, {}), common::InternalError);
  Batch part = batch_of(4);
  part.share = 0.5;
  CHECK_THROWS_AS(graph.step(part, 0.1, {}), common::InternalError);
  graph.step(batch_of(4), 0.1, {});
}

TEST_CASE("step graph: what is recorded, and why not", "[child_trainer]") {
  const at::Device gpu(at::kCUDA, 1);
  const auto because = [](const ParallelSettings& parallel, at::Device device, int64_t ranks) {
    for (const std::string mode : {"off", "auto"}) {
      const bool records = records_steps({.cuda_graph = mode}, parallel, device, ranks);
      CHECK(records == (mode == "auto" && graph_obstacle(parallel, device, ranks).empty()));
    }
    return graph_obstacle(parallel, device, ranks);
  };
  CHECK(because({}, gpu, 1).empty());
  CHECK(records_steps({.cuda_graph = "on"}, {}, gpu, 1));
  CHECK_THAT(because({}, kCpu, 1), ContainsSubstring("no GPU"));
  CHECK_THAT(because({}, gpu, 2), ContainsSubstring("2 ranks"));
  CHECK_THAT(because({.accumulate = 3}, gpu, 1), ContainsSubstring("--accumulate 3"));
  CHECK_THAT(because({.synchronise_batch_norm = true}, gpu, 1),
             ContainsSubstring("--sync-batch-norm"));
  CHECK_THROWS_AS(records_steps({.cuda_graph = "on"}, {}, kCpu, 1), common::ConfigError);
  CHECK_THROWS_WITH(check_cuda_graph({.cuda_graph = "on"}, {.accumulate = 2}, gpu, 1),
                    ContainsSubstring("[--cuda-graph]") && ContainsSubstring("--accumulate 2"));
}

TEST_CASE("step masks: are those that the nodes draw, always in one place", "[child_trainer]") {
  const auto graph = every_primitive();
  StepMasks masks(graph, 5, kCpu);
  REQUIRE(masks.by_node().size() == graph.nodes.size());
  std::vector<const void*> places(graph.nodes.size());
  const auto drawn = [&](double drop_path, uint64_t epoch) {
    const Pass pass{.training = true, .drop_path = drop_path, .key = {.seed = 4, .epoch = epoch}};
    masks.draw(pass);
    CHECK(masks.draw(pass));
    std::vector<at::Tensor> copies;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const auto kind = graph.nodes[i].kind;
      const bool random =
          kind == search_space::Primitive::kDropout || kind == search_space::Primitive::kDropPath;
      const at::Tensor own = random ? random_mask(graph.nodes[i], i, pass, 5) : at::Tensor();
      const at::Tensor& mask = masks.by_node()[i];
      REQUIRE(mask.defined() == own.defined());
      if (!mask.defined()) continue;
      if (places[i] == nullptr) places[i] = mask.data_ptr();
      CHECK(mask.data_ptr() == places[i]);
      CHECK(at::equal(mask, own));
      copies.push_back(mask.clone());
    }
    return copies;
  };
  const auto first = drawn(0.9, 1);
  REQUIRE(first.size() == 2);  // a drop-path and a dropout
  CHECK(same_tensors(first, drawn(0.9, 1)));
  CHECK_FALSE(same_tensors(first, drawn(0.9, 2)));
  CHECK(drawn(0.0, 2).size() == 1);
  CHECK_FALSE(masks.draw({.training = true, .drop_path = 0.9}));
}

TEST_CASE("step graph: a recorded step keeps its masks", "[child_trainer]") {
  const auto shape = every_primitive();
  Network network(shape, kCpu, {.seed = 2});
  const TrainSettings settings;
  Optimizer optimizer(network, settings);
  StepSums sums(kCpu);
  Calls calls;
  StepGraph graph(network, optimizer, settings, sums, std::make_unique<WorkAgain>(calls));
  const auto& image = shape.nodes[0].shape;
  const Batch batch{.images = at::ones({4, image.channels, image.height, image.width})
                                  .contiguous(at::MemoryFormat::ChannelsLast),
                    .targets = at::zeros({4}, at::kLong)};
  for (int i = 0; i <= StepGraph::kFirstSteps; ++i) graph.step(batch, 0.1, {.drop_path = 0.5});
  REQUIRE(graph.recorded());
  CHECK_THROWS_AS(graph.step(batch, 0.1, {}), common::InternalError);
}

}  // namespace
}  // namespace nas::child_trainer
