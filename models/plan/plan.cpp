#include "models/plan/plan.h"

namespace twinlink::models {
namespace {

template <class T>
std::size_t heap(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}

std::size_t end_of_slices(const Plan& plan, OpId id) {
  return id.index() + 1 < plan.ops.size() ? plan.ops[id.index() + 1].first_slice
                                          : plan.slices.size();
}

std::size_t end_of_deps(const Plan& plan, OpId id) {
  return id.index() + 1 < plan.ops.size() ? plan.ops[id.index() + 1].first_dep : plan.deps.size();
}

}  // namespace

std::span<const Slice> Plan::sources(OpId id) const {
  const Op& o = op(id);
  return std::span(slices).subspan(o.first_slice, o.sources);
}

std::span<const Slice> Plan::destinations(OpId id) const {
  const Op& o = op(id);
  const std::size_t first = o.first_slice + o.sources;
  return std::span(slices).subspan(first, end_of_slices(*this, id) - first);
}

std::span<const Dep> Plan::deps_of(OpId id) const {
  const Op& o = op(id);
  return std::span(deps).subspan(o.first_dep, end_of_deps(*this, id) - o.first_dep);
}

std::size_t Plan::memory_bytes() const {
  std::size_t total = name.capacity() + heap(gpu_of_rank) + heap(groups) + heap(claims) +
                      heap(buffers) + heap(kernels) + heap(lanes) + heap(computes) +
                      heap(rendezvous) + heap(ops) + heap(slices) + heap(deps);
  for (const Group& group : groups) total += heap(group.members);
  for (const Claim& claim : claims) total += heap(claim.inputs) + heap(claim.outputs);
  return total;
}

}  // namespace twinlink::models
