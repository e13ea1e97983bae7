#pragma once
// Where an op's slices and dependencies lie in the plan's arrays. Inline: the checks walk all ops
// several times, and Plan::sources and its like cost a call each.
#include <cstddef>

#include "models/plan/plan.h"

namespace twinlink::models::checks {

struct OpParts {
  OpId id;
  const Op* op;
  std::size_t first_source, first_destination, end_of_slices;
  std::size_t first_dep, end_of_deps;

  [[nodiscard]] std::size_t sources() const { return first_destination - first_source; }
  [[nodiscard]] std::size_t destinations() const { return end_of_slices - first_destination; }
};

// Precondition: the op's indices are in range (check_structure).
inline OpParts parts_of(const Plan& plan, std::size_t index) {
  const Op& op = plan.ops[index];
  const bool last = index + 1 == plan.ops.size();
  const std::size_t end_of_slices = last ? plan.slices.size() : plan.ops[index + 1].first_slice;
  const std::size_t end_of_deps = last ? plan.deps.size() : plan.ops[index + 1].first_dep;
  return {OpId{index},   &op,          op.first_slice, op.first_slice + std::size_t{op.sources},
          end_of_slices, op.first_dep, end_of_deps};
}

// Whether ops of that kind combine their sources by an operator.
constexpr bool folds(OpKind kind) {
  switch (kind) {
    case OpKind::reduce:
    case OpKind::scan_reduce:
    case OpKind::multimem_reduce: return true;
    case OpKind::copy:
    case OpKind::multimem_store:
    case OpKind::compute:
    case OpKind::barrier:
    case OpKind::library: return false;
  }
  return false;
}

// Whether ops may write buffers of that role (check_structure refuses the others).
constexpr bool may_write(BufferRole role) {
  switch (role) {
    case BufferRole::input:
    case BufferRole::weights: return false;
    case BufferRole::output:
    case BufferRole::inout:
    case BufferRole::scratch: return true;
  }
  return false;
}

}  // namespace twinlink::models::checks
