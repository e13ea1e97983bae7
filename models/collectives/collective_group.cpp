#include "models/collectives/collective_group.h"

#include <cmath>

namespace twinlink::models {
namespace {

constexpr double kBytesPerStep = 1 << 20;

}  // namespace

CollectiveGroup::CollectiveGroup(PlanBuilder& builder, const CollectiveRequest& request,
                                 const std::vector<Rank>& ranks)
    : builder_(builder), request_(request), frame_(add_group_frame(builder, request, ranks)) {
  const auto parts = static_cast<std::int64_t>(size());
  for (std::int64_t i = 0; i < parts; ++i)
    shares_.push_back(
        slice_of({}, share(i, parts, elements_of(request)), size_of(request.element)));
}

void CollectiveGroup::add_lanes() { models::add_lanes(builder_, request_, frame_); }

void CollectiveGroup::meet(Edge edge) {
  const std::uint32_t rendezvous = builder_.add_rendezvous({frame_.id, edge});
  for (const Member& m : frame_.members) builder_.barrier(m.lane, rendezvous, {});
}

void CollectiveGroup::copy_own(std::size_t r) {
  builder_.copy(member(r).lane, whole(member(r).input), whole(member(r).output), {});
}

OpId CollectiveGroup::await(std::size_t r, std::span<const Dep> writes) {
  const Slice nothing{member(r).output, 0, {}, {}};
  return builder_.copy(member(r).lane, nothing, nothing, writes);
}

void CollectiveGroup::await_all(std::span<const OpId> writes) {
  for (std::size_t r = 0; r < size(); ++r) {
    deps_.clear();
    for (std::size_t k = 1; k < size(); ++k)
      if (writes[ahead(r, k)].valid()) deps_.push_back(dep(writes[ahead(r, k)]));
    if (!deps_.empty()) await(r, deps_);
  }
}

Bytes largest_share(const CollectiveRequest& request, std::int64_t members) {
  return {share(0, members, elements_of(request)).count * size_of(request.element)};
}

Bytes smallest_share(const CollectiveRequest& request, std::int64_t members) {
  return {share(members - 1, members, elements_of(request)).count * size_of(request.element)};
}

std::int64_t filled_shares(const CollectiveRequest& request, std::int64_t members) {
  return std::min(members, elements_of(request));
}

std::int64_t pipeline_slices(const CollectiveRequest& request, std::int64_t stages, Bytes bytes) {
  if (request.slices > 0) return request.slices;
  const double best =
      std::sqrt(static_cast<double>(stages) * static_cast<double>(bytes.count) / kBytesPerStep);
  return std::clamp<std::int64_t>(std::llround(best), 1, 64);
}

LaneShape lane_of(const LaneShape& kernel, std::size_t lanes) {
  LaneShape shape = kernel;
  shape.ctas = std::max(1, kernel.ctas / static_cast<std::int32_t>(lanes));
  return shape;
}

}  // namespace twinlink::models
