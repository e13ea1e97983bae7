#pragma once
// NCCL on the GPUs of one process, timed the way plans are: calls captured into one graph, the
// median of replays divided by the calls. For comparison only; nothing else here needs NCCL.
//
// The library (libnccl.so.2) is looked for when asked, never linked. NCCL_NVLS_ENABLE=0 is set
// before it is loaded, so that it does not touch NVLink multicast. Buffers are plain device memory,
// fp32, one input and one output per GPU, in `registered` mode known to the communicator
// (ncclCommRegister). Sizes are those of nccl-tests. Not here: NCCL's symmetric-memory kernels,
// which need windows of memory that NCCL allocates.
// Errors: UnsupportedError when the library is not there; GpuError naming the call.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "realgpu/timing.h"

namespace twinlink::realgpu {

struct NcclCall {
  // all_reduce, all_gather, reduce_scatter, all_to_all, broadcast or sendrecv
  std::string_view operation;
  std::int64_t bytes = 0;  // divisible by 4 x GPUs
  bool registered = false;
};

class NcclBaseline {
 public:
  explicit NcclBaseline(const std::vector<int>& devices);
  ~NcclBaseline();
  NcclBaseline(const NcclBaseline&) = delete;
  NcclBaseline& operator=(const NcclBaseline&) = delete;

  [[nodiscard]] std::string version() const;  // "2.28.9"
  // Seconds of one call, per replay of a graph of `calls`.
  [[nodiscard]] std::vector<double> seconds(const NcclCall& call, const SampleCount& count,
                                            int calls) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace twinlink::realgpu
