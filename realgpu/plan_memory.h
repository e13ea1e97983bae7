#pragma once
// The buffers of a plan on their GPUs, their first bytes and the verdict on their last ones.
//
// Rank r's buffers live on device gpu_of_rank[r], stored as in models/definition_buffers.h (exact
// arithmetic: one u32 per element). Slices become addresses of the same elements. Buffers that no
// claim feeds start poisoned, so that an element nobody wrote shows. The first bytes are kept on
// the host, because every checked run starts from them; a plan without claims (layers of a model,
// whose weights would fill the host) is filled on the devices: weights with exact numbers
// (exact_pattern.h), all else poisoned. Errors: GpuError (no memory), InputError
// (claims that cannot be fed).
#include <cstddef>
#include <vector>

#include "models/definition_buffers.h"
#include "realgpu/device_buffer.h"

namespace twinlink::realgpu {

class PlanMemory {
 public:
  // Keeps references to both.
  PlanMemory(const models::Plan& plan, const models::Inputs& inputs);

  // Gives every buffer its first bytes again. The devices must be idle.
  void reset() const;
  // Compares all claims with their definition. The devices must be idle.
  [[nodiscard]] models::Numbers verify() const;

  [[nodiscard]] models::ElementType type(BufferId buffer) const;
  [[nodiscard]] std::byte* address(const models::Slice& slice) const;
  [[nodiscard]] std::int64_t elements(const models::Slice& slice) const;
  [[nodiscard]] std::int64_t first_element(const models::Slice& slice) const;
  [[nodiscard]] std::int64_t bytes(const models::Slice& slice) const;

 private:
  void fill_on_device(std::size_t buffer) const;
  const models::Plan& plan_;
  const models::Inputs& inputs_;
  std::vector<DeviceBuffer> buffers_;
  std::vector<std::vector<std::byte>> first_bytes_;  // empty: no claims
};

}  // namespace twinlink::realgpu
