#pragma once
// The buffers of a plan on their GPUs, their first bytes and the verdict on their last ones.
//
// Rank r's buffers live on device gpu_of_rank[r], stored as in models/definition_buffers.h (exact
// arithmetic: one u32 per element). Slices become addresses of the same elements. Buffers that no
// claim feeds start poisoned, so that an element nobody wrote shows. The first bytes are kept on
// the host, because every checked run starts from them; a plan without claims (layers of a model,
// whose weights would fill the host) is filled on the devices: weights with exact numbers
// (exact_pattern.h), all else poisoned. With several processes each has the buffers of its own GPU
// and maps those of the others; all read all outputs when they verify.
// Errors: GpuError (no memory), InputError (claims that cannot be fed); as SharedMemory.
#include <cstddef>
#include <string>
#include <vector>

#include "models/definition_buffers.h"
#include "realgpu/device_buffer.h"
#include "realgpu/process_gpus.h"

namespace twinlink::realgpu {

class PlanMemory {
 public:
  // Keeps references to both. `processes`: null with one process; else the plan has own names, and
  // this is a collective.
  PlanMemory(const models::Plan& plan, const models::Inputs& inputs,
             ProcessGpus* processes = nullptr);

  // Gives every buffer of this process its first bytes again. The devices must be idle.
  void reset() const;
  // Compares all claims with their definition. The devices must be idle.
  [[nodiscard]] models::Numbers verify() const;
  // 16 hexadecimal digits that depend on every bit of the outputs of all claims.
  [[nodiscard]] std::string digest() const;

  // Null: one process.
  [[nodiscard]] ProcessGpus* processes() const { return processes_; }
  [[nodiscard]] bool is_here(int gpu) const {
    return processes_ == nullptr || processes_->is_here(gpu);
  }

  [[nodiscard]] models::ElementType type(BufferId buffer) const;
  [[nodiscard]] std::byte* address(const models::Slice& slice) const;
  [[nodiscard]] std::int64_t elements(const models::Slice& slice) const;
  [[nodiscard]] std::int64_t first_element(const models::Slice& slice) const;
  [[nodiscard]] std::int64_t bytes(const models::Slice& slice) const;

 private:
  void place_here();
  void place_in_blocks();
  void fill_on_device(std::size_t buffer) const;
  [[nodiscard]] std::int64_t size_of(std::size_t buffer) const;

  const models::Plan& plan_;
  const models::Inputs& inputs_;
  ProcessGpus* processes_;
  std::vector<DeviceBuffer> owned_;
  std::vector<DeviceSpan> buffers_;
  std::vector<std::vector<std::byte>>
      first_bytes_;  // empty: no claims, or another process's buffer
};

}  // namespace twinlink::realgpu
