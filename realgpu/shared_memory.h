#pragma once
// One block of device memory per process of a group, each reachable by all of them (CUDA IPC).
//
// All calls are collectives. A block has a multiple of 2 MiB, so that it shares no allocation with
// anything else. It only grows: plans that need less use the block that is there.
// Errors: UnsupportedError where a process cannot map another's memory; GpuError; ProcessError.
#include <cstdint>
#include <optional>
#include <vector>

#include "realgpu/device_buffer.h"
#include "realgpu/process_group.h"

namespace twinlink::realgpu {

class SharedMemory {
 public:
  // `device` is this process's. Keeps a reference to the group.
  SharedMemory(ProcessGroup& group, int device) : group_(group), device_(device) {}
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  // At least bytes[p] for process p; the same vector on every process. What was there is lost
  // where anything grows.
  void reserve(const std::vector<std::int64_t>& bytes);
  // First byte of a process's block, as this process addresses it.
  [[nodiscard]] std::byte* of(int process) const {
    return addresses_[static_cast<std::size_t>(process)];
  }

 private:
  void unmap();
  void map(const std::vector<cudaIpcMemHandle_t>& handles);

  ProcessGroup& group_;
  int device_;
  std::vector<std::int64_t> capacity_;  // per process
  std::optional<DeviceBuffer> own_;
  std::vector<std::byte*> addresses_;  // per process; those of others are mapped
};

}  // namespace twinlink::realgpu
