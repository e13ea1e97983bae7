#include "models/cost/op_shape.h"

#include <algorithm>

namespace twinlink::models {
namespace {

bool same_sizes(std::span<const Slice> a, std::span<const Slice> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Slice& x, const Slice& y) {
    return x.buffer == y.buffer && x.size == y.size;
  });
}

}  // namespace

Edge inline_edge(const Plan& plan, OpId id) {
  const Protocol protocol = plan.lane(plan.op(id).lane).protocol;
  if (protocol == Protocol::ll) return Edge::inline_ll;
  if (protocol == Protocol::ll128) return Edge::inline_ll128;
  for (const Dep& d : plan.deps_of(id))
    if (d.kind() == Edge::inline_ll || d.kind() == Edge::inline_ll128) return d.kind();
  return Edge::flag_relaxed;
}

bool same_shape(const Plan& plan, OpId a, OpId b) {
  const Op &x = plan.op(a), &y = plan.op(b);
  return x.kind == y.kind && x.oper == y.oper && x.split == y.split && x.order == y.order &&
         same_sizes(plan.sources(a), plan.sources(b)) &&
         same_sizes(plan.destinations(a), plan.destinations(b)) &&
         inline_edge(plan, a) == inline_edge(plan, b);
}

}  // namespace twinlink::models
