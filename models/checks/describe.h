#pragma once
// Values in words.
#include <span>
#include <string>

#include "models/checks/cells.h"
#include "models/checks/value.h"

namespace twinlink::models::checks {

// What a proof knows at its end; the checks of claims read it.
struct Describer {
  const Plan& plan;
  const Cells& cells;
  const MemberSets& sets;
  std::span<const Value> values;  // per cell
};

// "the fold of ranks 4..6" or "nothing (the identity)"; `members` as in Value, of plan's claim.
std::string text_of_members(const Describer& describer, std::int32_t claim, MemberSet members);
// "the sum of ranks 0, 2", "undefined bytes", "data spoiled by op 7 of rank 3 (...)".
std::string text_of(const Describer& describer, const Value& value);
// What went wrong, as a clause about an op: "counts an input twice".
std::string text_of(Spoil why);

}  // namespace twinlink::models::checks
