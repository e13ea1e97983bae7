#pragma once
// What the bytes of a cell are made of, as far as the claims of a plan are concerned.
#include <cstdint>

#include "models/checks/member_set.h"
#include "models/plan/plan.h"

namespace twinlink::models::checks {

// Why a value can no longer be what a claim wants.
enum class Spoil : std::int32_t {
  undefined,       // made of bytes that nobody wrote
  mixed,           // made of inputs of one claim and of something else
  wrong_operator,  // folded by an operator that is not the claim's
  shifted,         // folded elements of different positions
  counted_twice,   // a member's input went in twice
  out_of_order,    // folded ranges of members that do not follow each other
  wrong_decay,     // a decay power that is not the length of what follows
  too_many_sets,   // a limit of the proof
};

struct Value {
  static constexpr std::int32_t kUndefined = -1;
  static constexpr std::int32_t kIdentity = -2;  // the fold of nothing: fits everywhere
  static constexpr std::int32_t kForeign = -3;   // given or computed, but no input of a claim
  static constexpr std::int32_t kSpoiled = -4;

  std::int32_t claim = kUndefined;  // >= 0: of inputs of this claim, members as below
  // Commuting claims: the set of members folded in. Ordered claims: positions [first, first +
  // count) in the claim's order. Spoiled: first is the op, count the reason.
  MemberSet members;
  std::int32_t writer = -1;  // op; -1: there before the launch, or never written
  std::int64_t origin = 0;   // offset, in the claim's inputs, of the cell's first byte

  [[nodiscard]] Value shifted(std::int64_t bytes) const {
    Value value = *this;
    if (claim >= 0) value.origin += bytes;
    return value;
  }
  [[nodiscard]] bool same_content(const Value& other) const {
    return claim == other.claim && members == other.members && origin == other.origin;
  }
  static Value spoiled(OpId op, Spoil why) {
    return {kSpoiled, {op.value, static_cast<std::int32_t>(why)}, op.value, 0};
  }
  [[nodiscard]] OpId spoiler() const { return OpId{members.first}; }
  [[nodiscard]] Spoil why() const { return static_cast<Spoil>(members.count); }
};
static_assert(sizeof(Value) == 24);

// Whether a buffer of this role holds something before the plan runs.
inline bool given(BufferRole role) {
  switch (role) {
    case BufferRole::input:
    case BufferRole::inout:
    case BufferRole::weights: return true;
    case BufferRole::output:
    case BufferRole::scratch: return false;
  }
  return false;
}

// Scans fold in order; the other operations commute.
inline bool ordered(const Claim& claim) {
  switch (claim.operation) {
    case Operation::scan:
    case Operation::exscan: return true;
    case Operation::all_reduce:
    case Operation::reduce_scatter:
    case Operation::all_gather:
    case Operation::all_to_all:
    case Operation::broadcast:
    case Operation::sendrecv: return false;
  }
  return false;
}

// Where member `index` of an ordered claim stands in its fold.
inline std::int32_t position(const Claim& claim, std::int32_t index) {
  return claim.suffix ? static_cast<std::int32_t>(claim.inputs.size()) - 1 - index : index;
}

}  // namespace twinlink::models::checks
