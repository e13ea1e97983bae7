#include "realgpu/stream_memory.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using BatchMemOp = CUresult (*)(CUstream, unsigned, CUstreamBatchMemOpParams*, unsigned);

constexpr std::size_t kMostAtOnce = 256;  // the driver's limit

// Through the runtime, so that nothing links with the driver's library.
BatchMemOp batch_mem_op() {
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found{};
  TL_CUDA(cudaGetDriverEntryPointByVersion("cuStreamBatchMemOp", &entry, 12000, cudaEnableDefault,
                                           &found));
  if (found != cudaDriverEntryPointSuccess || entry == nullptr)
    throw UnsupportedError("the driver has no stream memory operations (cuStreamBatchMemOp)");
  return reinterpret_cast<BatchMemOp>(entry);
}

CUdeviceptr address_of(const unsigned long long* word) {
  return reinterpret_cast<CUdeviceptr>(word);
}

}  // namespace

void StreamMemory::wait(const unsigned long long* word, unsigned long long value) {
  CUstreamBatchMemOpParams operation{};
  operation.waitValue.operation = CU_STREAM_MEM_OP_WAIT_VALUE_64;
  operation.waitValue.address = address_of(word);
  operation.waitValue.value64 = value;
  operation.waitValue.flags = CU_STREAM_WAIT_VALUE_GEQ;
  operations_.push_back(operation);
}

void StreamMemory::write(unsigned long long* word, unsigned long long value) {
  CUstreamBatchMemOpParams operation{};
  operation.writeValue.operation = CU_STREAM_MEM_OP_WRITE_VALUE_64;
  operation.writeValue.address = address_of(word);
  operation.writeValue.value64 = value;
  operation.writeValue.flags = CU_STREAM_WRITE_VALUE_DEFAULT;
  operations_.push_back(operation);
  writes_ = true;
}

void StreamMemory::clear() {
  operations_.clear();
  writes_ = false;
}

void StreamMemory::issue(const Stream& stream) const {
  if (operations_.empty()) return;
  static const BatchMemOp batch = batch_mem_op();
  const DeviceScope scope(stream.device());
  std::vector<CUstreamBatchMemOpParams> operations = operations_;
  for (std::size_t first = 0; first < operations.size(); first += kMostAtOnce) {
    const auto count = static_cast<unsigned>(std::min(kMostAtOnce, operations.size() - first));
    const CUresult result = batch(stream.get(), count, operations.data() + first, 0);
    if (result != CUDA_SUCCESS)
      throw GpuError("cuStreamBatchMemOp failed: driver error " +
                     std::to_string(static_cast<int>(result)) + " (" + std::to_string(count) +
                     " operations)");
  }
}

}  // namespace twinlink::realgpu
