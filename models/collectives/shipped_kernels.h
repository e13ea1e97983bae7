#pragma once
// What the kernels of vLLM and PyTorch have in common: 16-byte packs, shares in whole packs, block
// caps, and meetings of all members. Their launch shapes are their own; request.shape is ignored.
//
// A size that is not whole packs is cut in the last pack (the real kernels refuse it).
#include <string>
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

inline constexpr std::int64_t kPackBytes = 16;

struct ByteRange {
  std::int64_t begin = 0, end = 0;
  [[nodiscard]] std::int64_t size() const { return end - begin; }
};

inline std::int64_t packs_of(Bytes bytes) { return (bytes.count + kPackBytes - 1) / kPackBytes; }

// floor(packs / parts) packs each, the last share takes the rest: vLLM.
ByteRange share_with_rest_last(std::int64_t i, std::int64_t parts, Bytes bytes);
// ceil(packs / parts) packs each, the last ones are smaller or empty: PyTorch.
ByteRange share_rounded_up(std::int64_t i, std::int64_t parts, Bytes bytes);

// Why the size is not whole packs; empty: it is.
std::string beyond_packs(const CollectiveRequest& request);

// min(36, ceil(packs / 512)) blocks of 512 threads, one load in flight per thread and peer.
LaneShape custom_all_reduce_shape(Bytes bytes);
// min(most_blocks, ceil(packs / 1024)) blocks of 1024 threads for the largest share.
LaneShape symm_mem_shape(Bytes largest_share, std::int32_t most_blocks);

inline Slice slice_of(BufferId buffer, const ByteRange& range) {
  return {buffer, 0, {range.begin}, {range.size()}};
}

// Every member meets every other; lanes are the members' own.
void meet(PlanBuilder& builder, const GroupFrame& frame, Edge edge);

}  // namespace twinlink::models
