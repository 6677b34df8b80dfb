// work_graph.h by CUDA graphs.
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include "child_trainer/work_graph.h"

namespace nas::child_trainer {

namespace {

class CudaWorkGraph : public WorkGraph {
 public:
  // A stream of its own: the default one cannot be recorded.
  explicit CudaWorkGraph(c10::Device device)
      : stream_(at::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())) {}

  void run(const Work& work) override { on_stream(work); }

  void capture(const Work& work) override {
    on_stream([&] {
      // What run() left in the cache would be held beside the recorded work's own memory.
      c10::cuda::CUDACachingAllocator::emptyCache();
      record(work);
    });
  }

  void replay() override {
    on_stream([&] { graph_->replay(); });
  }

 private:
  void on_stream(const Work& act) {
    const at::cuda::CUDAStream present = at::cuda::getCurrentCUDAStream(stream_.device_index());
    begun_.record(present);
    begun_.block(stream_);
    const auto rejoin = [&] {
      done_.record(stream_);
      done_.block(present);
    };
    try {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      act();
    } catch (...) {
      rejoin();  // what is freed now may still be in use there
      throw;
    }
    rejoin();
  }

  void record(const Work& work) {
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    const c10::MempoolId_t pool = at::cuda::graph_pool_handle();
    try {
      // Of this thread alone: another one makes the next batch meanwhile, on another stream.
      graph->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
      work();
      graph->capture_end();
    } catch (...) {
      abandon(*graph, pool);
      throw;
    }
    graph_ = std::move(graph);
  }

  // Ends a recording that failed: the stream takes work again, and the allocators, which ask the
  // graph about every allocation, forget it.
  void abandon(at::cuda::CUDAGraph& graph, c10::MempoolId_t pool) const {
    const auto tried = [](const Work& act) {
      try {
        act();
        return true;
      } catch (const std::exception&) {
        return false;
      }
    };
    // Where the work failed and not its recording, this ends all of it.
    if (tried([&] { graph.capture_end(); })) return;
    tried([&] {
      c10::cuda::CUDACachingAllocator::endAllocateToPool(stream_.device_index(), pool);
      c10::cuda::CUDACachingAllocator::releasePool(stream_.device_index(), pool);
    });
    tried([&] {
      at::HostAllocator* pinned = at::getHostAllocator(at::kCUDA);
      pinned->end_allocate_to_pool(pool);
      pinned->release_pool(pool);
    });
  }

  const at::cuda::CUDAStream stream_;
  at::cuda::CUDAEvent begun_;
  at::cuda::CUDAEvent done_;
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
};

}  // namespace

std::unique_ptr<WorkGraph> make_work_graph(c10::Device device) {
  return std::make_unique<CudaWorkGraph>(device);
}

}  // namespace nas::child_trainer
