#pragma once
// The value of an ordered fold of values, as `reduce` computes it.
//
// sum: sets of members are disjoint. decay_sum: source i covers positions [lo_i, hi_i) with hi_i ==
// lo_(i+1), and its decay power is the sum of the lengths after it. Identities are skipped. Sources
// agree in claim and origin. A wrong fold gives a spoiled value with the reason, and no cascade:
// what is made of spoiled values is spoiled by the first op, silently.
#include <span>

#include "models/checks/member_set.h"
#include "models/checks/value.h"

namespace twinlink::models::checks {

struct Operand {
  Value value;
  std::int32_t decay_power = 0;
};

class Folder {
 public:
  Folder(const Plan& plan, MemberSets& sets) : plan_(plan), sets_(sets), union_(sets) {}
  // Precondition: no operand is undefined.
  Value fold(OpId id, Operator oper, std::span<const Operand> operands);

 private:
  Value fold_sets(OpId id, const Value& like, std::span<const Operand> operands);
  static Value fold_intervals(OpId id, const Value& like, std::span<const Operand> operands);

  const Plan& plan_;
  MemberSets& sets_;
  SetUnion union_;
};

}  // namespace twinlink::models::checks
