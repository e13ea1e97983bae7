#pragma once
// The last stage of both transpose scans: every member of a domain scans its slice of all inputs.
//
// A domain is a run of neighbouring positions; its G members deal the state: member g owns
// share(g, G, n). One scan_reduce per member: it pulls its slice of the inputs, after what earlier
// domains add up to (carries, ready in its own memory), and pushes slice g of every prefix straight
// into the outputs. No scratch: every byte of an output is written once, by the one member that
// owns its slice, and inputs are only read. Nothing is sent that is known: an exclusive scan reads
// no input that nobody wants (the last), and the first position of all forms its result (the
// identity, or its input) by itself.
// Members with an empty share have no op.
#include <cstdint>
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

// A fold of all members of an earlier domain, in memory of the member that reads it.
struct Carry {
  BufferId buffer;
  std::int64_t length = 0;  // of its members together
};

struct StageMember {
  Member member;
  std::vector<Carry> carries;  // of the earlier domains, in order
  std::vector<Dep> deps;       // what wrote them
};

// A domain's part of the scan; members by position.
struct TransposeDomain {
  GroupId group;  // for rendezvous
  std::vector<StageMember> members;
  bool first = true;  // holds position 0
};

void add_transpose_stage(PlanBuilder& builder, const CollectiveRequest& request,
                         const TransposeDomain& domain);

// A rendezvous of the domain at which writes become visible.
void add_domain_meeting(PlanBuilder& builder, const TransposeDomain& domain);
// The request's local work on every member, if it asks for any, and a rendezvous after it.
void add_domain_work(PlanBuilder& builder, const CollectiveRequest& request,
                     const TransposeDomain& domain);

// What the stage moves for a domain of G members: bytes by position, and messages.
struct StageTraffic {
  std::vector<std::int64_t> in, out;
  std::int64_t messages = 0;
};
StageTraffic transpose_stage_traffic(const CollectiveRequest& request, std::int64_t members,
                                     bool first);
// Bytes of the largest share, and of that share for a domain of `members`.
std::int64_t largest_share_bytes(const CollectiveRequest& request, std::int64_t members);

}  // namespace twinlink::models
