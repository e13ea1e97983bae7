#include "realgpu/linear_attention_ranks.h"

#include <cmath>
#include <cstring>
#include <numeric>

#include "realgpu/peer_access.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

std::shared_ptr<void> pinned_zeros(std::int64_t bytes) {
  void* memory = nullptr;
  TL_CUDA(cudaMallocHost(&memory, static_cast<std::size_t>(bytes)));
  std::memset(memory, 0, static_cast<std::size_t>(bytes));
  return {memory, [](void* p) { static_cast<void>(cudaFreeHost(p)); }};
}

models::CollectiveRequest scan_request(const AttentionRanks& ranks, bool backward, int ctas) {
  models::CollectiveRequest request;
  request.operation = models::Operation::exscan;
  request.suffix = backward;
  for (int rank = 0; rank < ranks.sp(); ++rank) request.gpu_of_rank.push_back(ranks.gpu_of(rank));
  request.bytes = {ranks.shape().state_bytes()};
  request.heads = ranks.shape().sequences();
  for (int i = 0; i < ranks.shape().sequences(); ++i) {
    const double slope = ranks.shape().slopes[static_cast<std::size_t>(i % ranks.shape().heads)];
    request.decays.push_back(std::exp(-slope * ranks.shape().tokens));
  }
  request.shape = {std::max(1, ctas / ranks.per_gpu()), 512, 16, 4};
  return request;
}

}  // namespace

AttentionRanks::AttentionRanks(const AttentionShape& shape, int sp, int gpus)
    : shape_(shape), sp_(sp) {
  if (gpus < 1 || sp % gpus != 0)
    throw UnsupportedError(std::to_string(sp) + " ranks are not spread evenly over " +
                           std::to_string(gpus) + " GPUs");
  std::vector<int> devices(static_cast<std::size_t>(gpus));
  std::iota(devices.begin(), devices.end(), 0);
  enable_peer_access(devices);
  for (const int gpu : devices)
    parts_.push_back(
        std::make_unique<AttentionParts>(gpu, shape, RankRange{gpu * (sp / gpus), sp / gpus}, sp));
}

AttentionScan::AttentionScan(const AttentionRanks& ranks, const std::string& scan, bool backward,
                             int ctas)
    : ranks_(ranks), backward_(backward) {
  const models::CollectiveRequest request = scan_request(ranks, backward, ctas);
  inputs_.decays = request.decays;
  plan_ = models::build_plan(models::find_algorithm(models::Operation::exscan, scan), request);
  memory_ = std::make_unique<PlanMemory>(plan_, inputs_);
  Options options;
  options.overlapped = false;  // what comes before a launch here is another kernel
  program_ = std::make_unique<FusedProgram>(plan_, inputs_, *memory_, options);
}

void AttentionScan::bind() const {
  const models::Claim& claim = plan_.claims.front();
  const auto address = [&](BufferId buffer) {
    return reinterpret_cast<float*>(memory_->address({buffer, 0, {}, plan_.buffer(buffer).size}));
  };
  std::vector<BoundStates> states(static_cast<std::size_t>(ranks_.gpus()));
  for (std::size_t r = 0; r < claim.inputs.size(); ++r) {
    BoundStates& of = states[static_cast<std::size_t>(ranks_.gpu_of(static_cast<int>(r)))];
    of.local.push_back(address(claim.inputs[r]));
    of.outer.push_back(address(claim.outputs[r]));
  }
  for (int gpu = 0; gpu < ranks_.gpus(); ++gpu)
    ranks_.parts(gpu).bind(backward_, states[static_cast<std::size_t>(gpu)]);
}

models::Numbers AttentionScan::check() const {
  memory_->reset();
  program_->issue(1, nullptr);
  origin().synchronize();
  program_->check_health();
  return memory_->verify();
}

AttentionRing::AttentionRing(const AttentionRanks& ranks, bool backward)
    : ranks_(ranks), backward_(backward), zeros_(pinned_zeros(ranks.shape().state_bytes())) {
  for (int rank = 0; rank < ranks.sp(); ++rank)
    for (std::vector<DeviceBuffer>* states : {&local_, &outer_, &unused_}) {
      states->emplace_back(ranks.gpu_of(rank), ranks.shape().state_bytes());
      states->back().fill(0);
    }
}

void AttentionRing::bind() const {
  for (int gpu = 0; gpu < ranks_.gpus(); ++gpu) {
    BoundStates states;
    for (int own = 0; own < ranks_.per_gpu(); ++own) {
      const auto rank = static_cast<std::size_t>(gpu * ranks_.per_gpu() + own);
      states.local.push_back(reinterpret_cast<float*>(local_[rank].data()));
      states.outer.push_back(reinterpret_cast<float*>(outer_[rank].data()));
    }
    ranks_.parts(gpu).bind(backward_, states);
  }
}

void AttentionRing::send(int rank, const Stream& stream) const {
  if (next(rank) < 0 || next(rank) >= ranks_.sp()) return;
  const DeviceScope scope(stream.device());
  const auto own = static_cast<std::size_t>(rank);
  SendArgs args;
  args.from = reinterpret_cast<const float*>(outer_[own].data());
  args.local = reinterpret_cast<const float*>(local_[own].data());
  args.to = reinterpret_cast<float*>(outer_[static_cast<std::size_t>(next(rank))].data());
  args.slopes = ranks_.parts(ranks_.gpu_of(rank)).slopes();
  args.tokens = ranks_.shape().tokens;
  args.heads = ranks_.shape().heads;
  args.states = ranks_.shape().sequences();
  launch_send(args, stream.get());
}

void AttentionRing::copy_zeros(int rank, const Stream& stream) const {
  const DeviceBuffer& to = unused_[static_cast<std::size_t>(rank)];
  const DeviceScope scope(stream.device());
  TL_CUDA(cudaMemcpyAsync(to.data(), zeros_.get(), static_cast<std::size_t>(to.bytes()),
                          cudaMemcpyHostToDevice, stream.get()));
}

}  // namespace twinlink::realgpu
