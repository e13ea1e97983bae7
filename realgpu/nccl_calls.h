#pragma once
// The library ops of a plan as NCCL calls: all members of one call between ncclGroupStart and
// ncclGroupEnd, each on the stream of its lane.
//
//   all_reduce, reduce_scatter, all_gather, broadcast   the call of that name (sum; root: member 0)
//   all_to_all, sendrecv                                ncclSend and ncclRecv in one group
// Element types as in the buffers; exact arithmetic as uint32. One communicator per group, made by
// the constructor, which is a collective where there are several processes. Errors:
// UnsupportedError for a library that is not NCCL or not there, several members on one GPU, scans,
// and shares of unequal size in reduce_scatter and all_gather.
#include <optional>
#include <span>
#include <vector>

#include "realgpu/nccl_library.h"
#include "realgpu/plan_memory.h"
#include "realgpu/stream.h"

namespace twinlink::realgpu {

class NcclCalls {
 public:
  // Keeps references to both.
  NcclCalls(const models::Plan& plan, const PlanMemory& memory);

  // `members`: the ops of one call, or those of this process; their streams in the same order.
  void issue(std::span<const OpId> members, std::span<const Stream* const> streams) const;
  // UnsupportedError where the calls' one count does not fit all members of a call.
  void check_shares(std::span<const OpId> members) const;
  // Ends calls that will never end by themselves, because another process has.
  void abort();

 private:
  struct Part;  // one member's
  [[nodiscard]] NcclComms comms_of(const models::Group& group) const;
  [[nodiscard]] NcclComms join(const models::Group& group) const;
  [[nodiscard]] Part part_of(OpId op) const;
  void issue_one(const Part& part) const;
  void exchange_blocks(const Part& part) const;
  void pass_on(const Part& part) const;
  [[nodiscard]] int type_of(BufferId buffer) const;

  const models::Plan& plan_;
  const PlanMemory& memory_;
  NcclLibrary nccl_;
  std::vector<std::optional<NcclComms>> comms_;  // by group
};

}  // namespace twinlink::realgpu
