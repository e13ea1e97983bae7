#include "models/collectives/copy_queues.h"

namespace twinlink::models {

CopyQueues::CopyQueues(PlanBuilder& builder, const CollectiveRequest& request,
                       CollectiveGroup& group)
    : builder_(builder), group_(group), queues_(group.size()) {
  const std::size_t count = std::min(kCopyQueues, group.size());
  for (std::size_t r = 0; r < group.size(); ++r) {
    for (std::size_t q = 0; q < count; ++q)
      queues_[r].lanes.push_back(builder.add_copy_lane(
          group.member(r).rank, static_cast<std::int32_t>(q), request.launch));
    group.set_lane(r, queues_[r].lanes.front());
  }
}

void CopyQueues::begin(Partners partners) {
  if (group_.size() == 1) return;
  std::vector<OpId> here;
  for (std::size_t r = 0; r < group_.size(); ++r) here.push_back(group_.await(r, {}));
  std::vector<Dep> others;
  const std::size_t count = partners == Partners::all ? group_.size() : 2;
  for (std::size_t r = 0; r < group_.size(); ++r) {
    others.clear();
    for (std::size_t k = 1; k < count; ++k)
      others.push_back(dep(here[group_.ahead(r, k)], Edge::stream_memory));
    queues_[r].begun = group_.await(r, others);
  }
}

void CopyQueues::push(std::size_t from, std::size_t to, const Slice& source,
                      const Slice& destination) {
  Queues& own = queues_[from];
  const std::size_t queue = own.pushed % own.lanes.size();
  const bool waits = queue > 0 && own.pushed < own.lanes.size() && own.begun.valid();
  const Dep begun = dep(waits ? own.begun : OpId{0}, Edge::event);
  const OpId id =
      builder_.copy(own.lanes[queue], source, destination, std::span(&begun, waits ? 1 : 0));
  ++own.pushed;
  if (to != from) queues_[to].arriving.push_back(dep(id, Edge::stream_memory));
}

void CopyQueues::end() {
  for (std::size_t r = 0; r < group_.size(); ++r)
    if (!queues_[r].arriving.empty()) group_.await(r, queues_[r].arriving);
}

std::int64_t pushes_in_turn(std::int64_t pushes) {
  constexpr auto kQueues = static_cast<std::int64_t>(kCopyQueues);
  return (pushes + kQueues - 1) / kQueues;
}

OpCounts copy_queues_size(std::size_t members) {
  const std::size_t pushes = members * members;
  const std::size_t waits = 3 * members;
  return {pushes + waits, 2 * (pushes + waits), 2 * pushes + kCopyQueues * members};
}

}  // namespace twinlink::models
