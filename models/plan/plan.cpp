#include "models/plan/plan.h"

namespace twinlink::models {
namespace {

template <class T>
std::size_t heap(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}

}  // namespace

std::size_t Plan::memory_bytes() const {
  std::size_t total = name.capacity() + heap(gpu_of_rank) + heap(groups) + heap(claims) +
                      heap(buffers) + heap(kernels) + heap(lanes) + heap(computes) +
                      heap(rendezvous) + heap(library_calls) + heap(ops) + heap(slices) +
                      heap(deps);
  for (const Compute& compute : computes) total += heap(compute.products);
  for (const Group& group : groups) total += heap(group.members);
  for (const Claim& claim : claims) total += heap(claim.inputs) + heap(claim.outputs);
  return total;
}

}  // namespace twinlink::models
