#pragma once
// Host arrays of all buffers of a plan, in the element types of the run's arithmetic.
//
// A slice of the plan names bytes of the plan's element type; here it becomes the same elements in
// storage (models/definition_buffers.h). Refused above kHostLimit with the size (InputError): all
// buffers at once plus what the verdict needs.
#include <cstddef>
#include <span>
#include <vector>

#include "models/executor.h"
#include "models/plan/plan.h"

namespace twinlink::sim {

inline constexpr Bytes kHostLimit = gib(8);

class HostMemory {
 public:
  // Allocates and gives every buffer its first bytes. Keeps references to both.
  HostMemory(const models::Plan& plan, const models::Inputs& inputs);

  [[nodiscard]] std::span<std::byte> bytes(BufferId buffer) { return arrays_[buffer.index()]; }
  [[nodiscard]] std::span<std::byte> bytes(const models::Slice& slice);
  [[nodiscard]] models::ElementType type(BufferId buffer) const;
  // First element of a slice, counted from the start of its buffer.
  [[nodiscard]] std::int64_t first_element(const models::Slice& slice) const;
  // Source i to destination i, or the only source to every destination.
  void copy(std::span<const models::Slice> from, std::span<const models::Slice> to);

 private:
  const models::Plan& plan_;
  const models::Inputs& inputs_;
  std::vector<std::vector<std::byte>> arrays_;
};

// Throws InputError when the plan cannot be run on arrays: a slice outside its buffer or not of
// whole elements, ops whose slices differ in size or element type, a reduce without operator, or a
// decay_sum whose buffers are not states of one scan claim; a claim without heads, on buffers that
// do not exist or with an output missing. (The proofs say more: models/checks.)
void check_runnable(const models::Plan& plan);

}  // namespace twinlink::sim
