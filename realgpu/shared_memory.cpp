#include "realgpu/shared_memory.h"

#include <algorithm>
#include <exception>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kGrain = std::int64_t{2} << 20;

std::byte* open(const cudaIpcMemHandle_t& handle, int process) {
  void* address = nullptr;
  const cudaError_t status = cudaIpcOpenMemHandle(&address, handle, cudaIpcMemLazyEnablePeerAccess);
  if (status == cudaSuccess) return static_cast<std::byte*>(address);
  static_cast<void>(cudaGetLastError());
  throw UnsupportedError("the memory of process " + std::to_string(process) +
                         " cannot be mapped here: cudaIpcOpenMemHandle: " +
                         cudaGetErrorName(status) + " (" + cudaGetErrorString(status) + ")");
}

}  // namespace

// Others must have closed a block before its owner frees it. Where this process fails alone nobody
// can be waited for.
SharedMemory::~SharedMemory() {
  if (!own_) return;
  unmap();
  if (std::uncaught_exceptions() > 0) return;
  try {
    group_.barrier("end of shared memory");
  } catch (const std::exception&) {  // the others have ended
  }
}

void SharedMemory::unmap() {
  for (std::size_t p = 0; p < addresses_.size(); ++p)
    if (static_cast<int>(p) != group_.rank() && addresses_[p] != nullptr)
      static_cast<void>(cudaIpcCloseMemHandle(addresses_[p]));
  addresses_.clear();
}

void SharedMemory::map(const std::vector<cudaIpcMemHandle_t>& handles) {
  const DeviceScope scope(device_);
  addresses_.assign(handles.size(), nullptr);
  for (int p = 0; p < group_.size(); ++p)
    addresses_[static_cast<std::size_t>(p)] =
        p == group_.rank() ? own_->data() : open(handles[static_cast<std::size_t>(p)], p);
}

void SharedMemory::reserve(const std::vector<std::int64_t>& bytes) {
  TL_ENSURE(bytes.size() == static_cast<std::size_t>(group_.size()), "one size per process");
  const bool fits = !capacity_.empty() && std::ranges::equal(bytes, capacity_, std::less_equal{});
  if (fits) return;
  capacity_.clear();  // until all have mapped the new blocks
  unmap();
  group_.barrier("shared memory unmapped");
  own_.reset();
  cudaIpcMemHandle_t handle{};
  group_.together("shared memory", [&] {
    const std::int64_t own = bytes[static_cast<std::size_t>(group_.rank())];
    own_.emplace(device_, std::max<std::int64_t>(1, (own + kGrain - 1) / kGrain) * kGrain);
    const DeviceScope scope(device_);
    TL_CUDA(cudaIpcGetMemHandle(&handle, own_->data()));
  });
  const auto handles = group_.all_gather_values("memory handles", handle);
  group_.together("shared memory mapped", [&] { map(handles); });
  capacity_ = bytes;
}

}  // namespace twinlink::realgpu
