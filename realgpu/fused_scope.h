#pragma once
// What a plan allows a fused launch to leave out; pure host logic.
//
// Block scope. When all sm lanes have equal ctas and threads, and any two accesses by them to a
// buffer that is written are either of the same bytes in the same split or of disjoint bytes, block
// b of every op touches only bytes that blocks b of other ops touch. Then the plan is `ctas`
// independent plans, one per block number, and every wait is for one block. Copy lanes are in none
// of them: they wait for all blocks, and each block waits for whole copies. Otherwise every wait is
// for all blocks of a lane, and the blocks of a lane wait for each other between its ops.
//
// Inline data. An inline_ll or inline_ll128 edge from op w to op r is taken when w alone writes a
// slice, r alone reads it, both name exactly it, it and its buffer's role allow the wire format
// (scratch, 16 bytes aligned, multiples of 16, at most 1 GiB; LL128: whole warps), it has no other
// use, all such edges are of one kind, and lanes share no other written bytes, so that no order is
// lost with the flag. Other inline edges become fenced flags: right, but slower. Ops with LL128
// operands have a split of their own.
//
// Between launches. A launch may start while another GPU, or a copy lane, is still in the one
// before. It must wait for that (`epochs_back` 1) where lanes of different GPUs, or a copy lane and
// another lane, touch one written buffer, unless every lane first meets, in one rendezvous, all
// lanes that touch its buffers. Inline data have two banks: where nothing else is shared, they ask
// for the end of the launch before the last (2), unless the receiver also sends to its sender in
// each launch.
#include <compare>
#include <cstdint>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::realgpu {

struct InlineEdge {
  OpId writer, reader;
  std::uint32_t written, read;  // the slice, by index into plan.slices
  auto operator<=>(const InlineEdge&) const = default;
};

// What runs its launches one after the other: all sm lanes of a GPU, or a copy lane.
struct Actor {
  std::int32_t gpu;
  LaneId copies;  // invalid: the sm lanes
  auto operator<=>(const Actor&) const = default;
};
Actor actor_of(const models::Plan& plan, LaneId lane);

struct FusedScope {
  bool blocks = false;                   // block scope everywhere
  std::vector<InlineEdge> inline_edges;  // sorted
  models::Edge inline_kind = models::Edge::inline_ll;
  std::vector<std::uint8_t> inline_slices;  // per slice of the plan: it is inline
  int epochs_back = 0;                      // 0: nothing to wait for between launches
  [[nodiscard]] bool is_inline(OpId writer, OpId reader) const;
};

FusedScope find_fused_scope(const models::Plan& plan);

}  // namespace twinlink::realgpu
