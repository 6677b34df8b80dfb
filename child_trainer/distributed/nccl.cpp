#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <nccl.h>

#include <cstring>
#include <mutex>

#include "child_trainer/distributed/nccl_communicator.h"
#include "child_trainer/distributed/single_communicator.h"
#include "common/error.h"

namespace nas::child_trainer {

namespace {

void check(ncclResult_t result, const std::string& what) {
  if (result == ncclSuccess) return;
  throw common::SystemError({.where = "nccl",
                             .what = what + " failed",
                             .got = ncclGetErrorString(result),
                             .hint = "NCCL_DEBUG=INFO, which makes NCCL say why"});
}

ncclDataType_t type_of(const at::Tensor& values) {
  return values.scalar_type() == at::kDouble ? ncclFloat64 : ncclFloat32;
}

class NcclCommunicator : public Communicator {
 public:
  NcclCommunicator(at::Device device, std::unique_ptr<TcpCommunicator> tcp)
      : device_(device),
        stream_(at::cuda::getStreamFromPool(/*isHighPriority=*/true, device.index())),
        tcp_(std::move(tcp)) {
    Communicator& host = on_host();
    const c10::cuda::CUDAGuard guard(device_);
    ncclUniqueId id = {};
    if (host.rank() == 0) check(ncclGetUniqueId(&id), "ncclGetUniqueId");
    const std::string bytes(reinterpret_cast<const char*>(&id), sizeof(id));
    std::memcpy(&id, broadcast_text(host, bytes).data(), sizeof(id));
    check(
        ncclCommInitRank(&nccl_, static_cast<int>(host.ranks()), id, static_cast<int>(host.rank())),
        "ncclCommInitRank");
    // A sum waits for all ranks on the GPU, where no error reaches it: it is ended from here.
    if (tcp_) tcp_->on_loss([this] { end(/*now=*/true); });
  }

  ~NcclCommunicator() override {
    tcp_.reset();  // its thread may call end()
    end(/*now=*/false);
  }

  int64_t rank() const override { return tcp_ ? tcp_->rank() : 0; }
  int64_t ranks() const override { return tcp_ ? tcp_->ranks() : 1; }
  bool any(bool here) override { return on_host().any(here); }
  void abort(const std::string& reason) override { on_host().abort(reason); }

  std::future<void> all_reduce(const at::Tensor& values) override {
    if (!values.is_cuda()) return on_host().all_reduce(values);
    at::cuda::CUDAEvent done = on_stream(values, [&](ncclComm_t nccl) {
      check(ncclAllReduce(values.data_ptr(), values.data_ptr(), static_cast<size_t>(values.numel()),
                          type_of(values), ncclSum, nccl, stream_),
            "ncclAllReduce");
    });
    // What the caller starts from then on waits for the sum, on the GPU.
    return std::async(std::launch::deferred,
                      [done = std::move(done), index = device_.index()]() mutable {
                        done.block(at::cuda::getCurrentCUDAStream(index));
                      });
  }

  void broadcast(const at::Tensor& values) override {
    if (!values.is_cuda()) return on_host().broadcast(values);
    at::cuda::CUDAEvent done = on_stream(values, [&](ncclComm_t nccl) {
      check(ncclBroadcast(values.data_ptr(), values.data_ptr(), values.nbytes(), ncclInt8, 0, nccl,
                          stream_),
            "ncclBroadcast");
    });
    done.block(at::cuda::getCurrentCUDAStream(device_.index()));
  }

 private:
  Communicator& on_host() { return tcp_ ? static_cast<Communicator&>(*tcp_) : single_; }

  // Runs `act` on the stream of its own behind what the present stream has begun.
  template <class Act>
  at::cuda::CUDAEvent on_stream(const at::Tensor& values, const Act& act) {
    const c10::cuda::CUDAGuard guard(device_);
    at::cuda::CUDAEvent begun;
    begun.record(at::cuda::getCurrentCUDAStream(device_.index()));
    begun.block(stream_);
    values.record_stream(stream_);
    {
      const std::lock_guard lock(mutex_);
      if (nccl_ == nullptr) throw common::SystemError({.where = "nccl", .what = "a rank was lost"});
      act(nccl_);
    }
    at::cuda::CUDAEvent done;
    done.record(stream_);
    return done;
  }

  void end(bool now) {
    const std::lock_guard lock(mutex_);
    if (nccl_ == nullptr) return;
    now ? ncclCommAbort(nccl_) : ncclCommDestroy(nccl_);
    nccl_ = nullptr;
  }

  const at::Device device_;
  const at::cuda::CUDAStream stream_;
  SingleCommunicator single_;
  std::mutex mutex_;
  ncclComm_t nccl_ = nullptr;
  std::unique_ptr<TcpCommunicator> tcp_;
};

}  // namespace

std::shared_ptr<Communicator> make_nccl_communicator(at::Device device,
                                                     std::unique_ptr<TcpCommunicator> tcp) {
  return std::make_shared<NcclCommunicator>(device, std::move(tcp));
}

}  // namespace nas::child_trainer
