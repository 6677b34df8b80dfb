#include "engine/transfer_ranks.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <random>

#include "child_trainer/device.h"
#include "child_trainer/distributed/nccl_communicator.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/signals.h"
#include "engine/transfer_job.h"
#include "engine/transfer_options.h"

namespace nas::engine {

namespace fs = std::filesystem;
using child_trainer::Communicator;

namespace {

constexpr double kGatherSeconds = 1800.0;  // until all have come: rank 0 reads images first
constexpr double kOthersSeconds = 30.0;    // until the others have ended after rank 0

using Tcp = std::unique_ptr<child_trainer::TcpCommunicator>;

std::shared_ptr<Communicator> with_device(Tcp tcp, at::Device device) {
  if (device.is_cuda()) return child_trainer::make_nccl_communicator(device, std::move(tcp));
  return tcp;
}

// Not to be guessed: who knows it may send gradients.
std::string new_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) token += std::to_string(random());
  return token;
}

}  // namespace

TransferRanks::TransferRanks(const std::optional<RankPlace>& place, std::vector<at::Device> devices)
    : devices_(std::move(devices)),
      by_slurm_(place.has_value()),
      exceptions_(std::uncaught_exceptions()) {
  if (by_slurm_) {
    place_ = *place;
    // On every address of this machine: its name may mean one that no other machine reaches.
    rendezvous_ = std::make_unique<child_trainer::Rendezvous>(
        child_trainer::Address{.host = "", .port = place_.meeting.port});
    return;
  }
  place_ = {.ranks = ranks(), .local_ranks = ranks(), .token = new_token()};
}

TransferRanks::~TransferRanks() {
  if (std::uncaught_exceptions() > exceptions_) return;
  const double deadline = common::monotonic_seconds() + kOthersSeconds;
  std::error_code ignored;
  for (auto& helper : helpers_) {
    helper.process->wait_or_kill(deadline - common::monotonic_seconds());
    fs::remove(helper.log, ignored);
  }
}

void TransferRanks::start(const fs::path& folder, int64_t threads) {
  rendezvous_ = std::make_unique<child_trainer::Rendezvous>(
      child_trainer::Address{.host = "127.0.0.1", .port = 0});
  const std::string meeting = "127.0.0.1:" + std::to_string(rendezvous_->port());
  for (int64_t rank = 1; rank < ranks(); ++rank) {
    const std::string number = std::to_string(rank);
    Helper helper{.rank = rank, .log = folder / ("rank" + number + ".log"), .process = nullptr};
    std::error_code ignored;
    fs::remove(helper.log, ignored);  // an earlier attempt's
    helper.process = std::make_unique<common::Process>(common::ProcessOptions{
        .arguments = {common::self_path().string(), "rank", "--rendezvous", meeting, "--rank",
                      number, "--ranks", std::to_string(ranks()), "--device",
                      devices_[static_cast<size_t>(rank)].str(), "--threads",
                      std::to_string(threads), "--parent", std::to_string(getpid())},
        .environment = {{"OMP_WAIT_POLICY", "passive"},
                        {"OMP_NUM_THREADS", std::to_string(threads)},
                        {"NAS_RANK_TOKEN", place_.token}},
        .stderr_file = helper.log,
        .quiet = true});
    helpers_.push_back(std::move(helper));
  }
}

void TransferRanks::look() const {
  for (const auto& helper : helpers_) {
    const auto status = helper.process->poll();
    if (!status) continue;
    const auto lines = common::split(
        fs::exists(helper.log) ? common::trim(common::read_file(helper.log)) : "", '\n');
    throw common::SystemError({.where = "rank " + std::to_string(helper.rank),
                               .what = "it ended before the training began: " + lines.back(),
                               .got = status->text()});
  }
}

std::shared_ptr<Communicator> TransferRanks::gather(const fs::path& folder, int64_t threads,
                                                    const common::Json& plan) {
  if (ranks() == 1) return nullptr;
  if (!by_slurm_) start(folder, threads);
  auto tcp = std::make_unique<child_trainer::TcpCommunicator>(rendezvous_->gather(
      {.rank = 0, .ranks = ranks(), .token = place_.token}, kGatherSeconds, [this] { look(); }));
  child_trainer::broadcast_text(*tcp, plan.dump());
  return with_device(std::move(tcp), device());
}

common::Json transfer_plan(const common::Options& options,
                           const search_space::Architecture& architecture,
                           const std::string& dataset_sha256) {
  return {{"options", options.to_toml()},
          {"architecture", search_space::to_json(architecture)},
          {"dataset_sha256", dataset_sha256}};
}

namespace {

bool train_along(const common::Json& plan, const common::Options& options,
                 const std::shared_ptr<Communicator>& communicator, at::Device device) {
  const auto found = data::find_dataset(options.text("dataset"), options.text("data-dir"));
  if (data::read_dataset_info(found.file).sha256 !=
      common::json_get<std::string>(plan, "dataset_sha256", "rank 0")) {
    throw common::DataError({.where = found.file.string(),
                             .what = "the dataset is not the one that rank 0 has",
                             .hint = "the same file on every machine"});
  }
  const data::Dataset dataset = transfer_dataset(data::read_dataset(found.file), options);
  const auto job = transfer_job(
      options, search_space::architecture_from_json(plan.at("architecture"), "rank 0"), dataset);
  child_trainer::make_cuda_deterministic(options.flag("cudnn-benchmark"));
  child_trainer::Trainer trainer(dataset, device, communicator);
  const auto result = trainer.run(job, {.should_stop = [] { return stop_signal() != 0; }});
  return result.state != child_trainer::TrainState::kStopped;
}

}  // namespace

bool run_transfer_rank(const RankPlace& place, const RankResources& given) {
  listen_for_stop(/*terminal_too=*/false);
  auto tcp = std::make_unique<child_trainer::TcpCommunicator>(child_trainer::join(
      place.meeting, {.rank = place.rank, .ranks = place.ranks, .token = place.token},
      kGatherSeconds));
  const common::Json plan = common::parse_json(child_trainer::broadcast_text(*tcp, ""), "rank 0");
  std::shared_ptr<Communicator> communicator;
  try {
    common::Options options = transfer_options();
    options.restore_toml(common::json_get<std::string>(plan, "options", "rank 0"), "rank 0");
    child_trainer::set_threads(given.threads > 0 ? given.threads
                                                 : threads_of_rank(options, place.local_ranks));
    const at::Device device =
        given.device ? *given.device
                     : devices_of_ranks(options, place)[static_cast<size_t>(place.rank)];
    communicator = with_device(std::move(tcp), device);
    return train_along(plan, options, communicator, device);
  } catch (const std::exception& error) {
    if (communicator) communicator->abort(error.what());
    if (tcp) tcp->abort(error.what());
    throw;
  }
}

}  // namespace nas::engine
