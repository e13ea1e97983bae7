#include "models/collectives/shipped_kernels.h"

#include <algorithm>

#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

// Packs [begin, end) in bytes, cut at the end of the data.
ByteRange range_of_packs(std::int64_t begin, std::int64_t end, Bytes bytes) {
  return {std::min(begin * kPackBytes, bytes.count), std::min(end * kPackBytes, bytes.count)};
}

LaneShape shape_of(std::int64_t packs, std::int64_t most_blocks, std::int16_t threads) {
  const std::int64_t blocks = std::min(most_blocks, ceil_div(packs, threads));
  return {static_cast<std::int32_t>(std::max<std::int64_t>(1, blocks)), threads,
          static_cast<std::int16_t>(kPackBytes), 1};
}

}  // namespace

ByteRange share_with_rest_last(std::int64_t i, std::int64_t parts, Bytes bytes) {
  const std::int64_t packs = packs_of(bytes);
  const std::int64_t part = packs / parts;
  return range_of_packs(i * part, i + 1 == parts ? packs : (i + 1) * part, bytes);
}

ByteRange share_rounded_up(std::int64_t i, std::int64_t parts, Bytes bytes) {
  const std::int64_t part = ceil_div(packs_of(bytes), parts);
  return range_of_packs(i * part, (i + 1) * part, bytes);
}

std::string beyond_packs(const CollectiveRequest& request) {
  if (request.bytes.count % kPackBytes == 0) return {};
  return std::to_string(request.bytes.count) + " bytes are not whole packs of 16 bytes";
}

LaneShape custom_all_reduce_shape(Bytes bytes) { return shape_of(packs_of(bytes), 36, 512); }

LaneShape symm_mem_shape(Bytes largest_share, std::int32_t most_blocks) {
  return shape_of(packs_of(largest_share), most_blocks, 1024);
}

void meet(PlanBuilder& builder, const GroupFrame& frame, Edge edge) {
  const std::uint32_t rendezvous = builder.add_rendezvous({frame.id, edge});
  for (const Member& member : frame.members) builder.barrier(member.lane, rendezvous, {});
}

}  // namespace twinlink::models
