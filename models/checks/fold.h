#pragma once
// The value of an ordered fold of values, as `reduce` computes it.
//
// sum: sets of members are disjoint. decay_sum: source i covers positions [lo_i, hi_i) with hi_i ==
// lo_(i+1), and its decay power is the sum of the lengths after it. Identities are skipped. Sources
// agree in claim and origin. A wrong fold gives a spoiled value with the reason, and no cascade:
// what is made of spoiled values is spoiled by the first op, silently.
#include <span>
#include <vector>

#include "models/checks/member_set.h"
#include "models/checks/value.h"

namespace twinlink::models::checks {

struct Operand {
  Value value;
  std::int32_t decay_power = 0;
};

class Folder {
 public:
  Folder(const Plan& plan, MemberSets& sets);
  // Precondition: no operand is undefined.
  Value fold(OpId id, Operator oper, std::span<const Operand> operands);

  // The usual sum, quickly: `more` continues the interval of `value` on one side. False, and
  // nothing changes, in all other cases.
  bool sum_neighbours(Value& value, const Value& more) const {
    if (value.claim < 0 || value.claim != more.claim || value.origin != more.origin) return false;
    const std::int32_t members = commuting_members_[static_cast<std::size_t>(value.claim)];
    MemberSet& set = value.members;
    const std::int32_t count = set.count + more.members.count;
    if (set.count <= 0 || more.members.count <= 0 || count >= members) return false;
    if (follows(set, more.members, members)) return set.count = count, true;
    if (!follows(more.members, set, members)) return false;
    set = {more.members.first, count};
    return true;
  }

 private:
  static bool follows(MemberSet set, MemberSet next, std::int32_t members) {
    const std::int32_t end = set.first + set.count;
    return next.first == (end >= members ? end - members : end);
  }
  Value fold_sets(OpId id, const Value& like, std::span<const Operand> operands);
  Value fold_intervals(OpId id, const Value& like, std::span<const Operand> operands) const;
  [[nodiscard]] std::int64_t length(std::int32_t claim, MemberSet positions) const;

  const Plan& plan_;
  MemberSets& sets_;
  SetUnion union_;
  std::vector<std::int32_t> commuting_members_;  // per claim; 0: it is ordered
  // Per claim with lengths: by position, the sum of the lengths before it.
  std::vector<std::vector<std::int64_t>> length_before_;
};

}  // namespace twinlink::models::checks
