#include "models/checks/last_writes.h"

#include <algorithm>

namespace twinlink::models::checks {
namespace {

// Buffers that are inputs of the claims and that ops may write.
std::vector<std::uint8_t> writable_inputs(const Plan& plan, std::span<const std::int32_t> claims) {
  std::vector<std::uint8_t> writable(plan.buffers.size(), 0);
  for (const std::int32_t c : claims) {
    const Claim& claim = plan.claims[static_cast<std::size_t>(c)];
    for (const BufferId b : claim.inputs) {
      const auto& outputs = claim.outputs;
      const bool in_place = std::find(outputs.begin(), outputs.end(), b) != outputs.end();
      writable[b.index()] = plan.buffer(b).role == BufferRole::inout && !in_place ? 1 : 0;
    }
  }
  return writable;
}

}  // namespace

LastWrites::LastWrites(const Plan& plan, const Cells& cells, std::span<const std::int32_t> claims) {
  const std::vector<std::uint8_t> writable = writable_inputs(plan, claims);
  if (std::find(writable.begin(), writable.end(), 1) == writable.end()) return;
  last_.assign(cells.size(), -1);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpParts parts = parts_of(plan, i);
    for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d) {
      if (writable[plan.slices[d].buffer.index()] == 0) continue;
      const CellRange range = cells.of_slice(d);
      for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell)
        last_[cell] = static_cast<std::int32_t>(i);
    }
  }
}

}  // namespace twinlink::models::checks
