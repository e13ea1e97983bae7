#include "realgpu/library_program.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

}  // namespace

bool is_library_plan(const models::Plan& plan) {
  return std::ranges::all_of(
      plan.ops, [](const models::Op& op) { return op.kind == models::OpKind::library; });
}

LibraryProgram::LibraryProgram(const models::Plan& plan, const StreamSchedule& schedule,
                               const PlanMemory& memory)
    : plan_(plan), stream_(memory.processes()->device()), nccl_(plan, memory) {
  const auto is_here = [&](OpId op) { return memory.is_here(plan.gpu_of(plan.rank_of(op))); };
  for (const OpId op : schedule.order) {
    for (const models::Dep& dep : plan.deps_of(op))
      if (is_here(op) != is_here(dep.id()))
        throw UnsupportedError("op " + std::to_string(op.value) +
                               " waits for a library call of another process; one process drives "
                               "all GPUs of such a plan");
    if (is_here(op)) own_.push_back(op);
  }
  for (const std::vector<OpId>& members : schedule.calls) nccl_.check_shares(members);
}

void LibraryProgram::issue(int repeats, const Stamps* stamps) const {
  const DeviceScope scope(stream_.device());
  const Stream* stream = &stream_;
  for (int i = 0; i < repeats; ++i)
    for (const OpId& op : own_) {
      if (stamps != nullptr) launch_stamp_start(stamps->at(op), stream_.get());
      nccl_.issue(std::span(&op, 1), std::span(&stream, 1));
      if (stamps != nullptr) launch_stamp_end(stamps->at(op), stream_.get());
    }
}

void LibraryProgram::await() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  cudaError_t status = cudaErrorNotReady;
  while (status == cudaErrorNotReady && std::chrono::steady_clock::now() < deadline)
    status = cudaStreamQuery(stream_.get());
  if (status != cudaErrorNotReady) return TL_CUDA(status);
  nccl_.abort();
  throw GpuError(
      "NCCL's calls did not end within 30 s and were aborted: another process does not "
      "make them, or has ended");
}

}  // namespace twinlink::realgpu
