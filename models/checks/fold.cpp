#include "models/checks/fold.h"

namespace twinlink::models::checks {
namespace {

// What all operands agree in (members aside), or a spoiled, foreign or identity value.
Value common(OpId id, std::span<const Operand> operands) {
  Value like{Value::kIdentity, {}, id.value, 0};
  for (const Operand& operand : operands) {
    const Value& value = operand.value;
    if (value.claim == Value::kSpoiled) return value;
    if (value.claim == Value::kIdentity) continue;
    if (like.claim == Value::kIdentity) {
      like = value;
    } else if (like.claim != value.claim) {
      like = Value::spoiled(id, Spoil::mixed);
    } else if (like.claim >= 0 && like.origin != value.origin) {
      like = Value::spoiled(id, Spoil::shifted);
    }
    if (like.claim == Value::kSpoiled) break;
  }
  like.writer = id.value;
  return like;
}

}  // namespace

Folder::Folder(const Plan& plan, MemberSets& sets) : plan_(plan), sets_(sets), union_(sets) {
  for (const Claim& claim : plan.claims) {
    const auto members = static_cast<std::int32_t>(claim.inputs.size());
    commuting_members_.push_back(ordered(claim) ? 0 : members);
    length_before_.emplace_back();
    if (claim.lengths.empty()) continue;
    std::vector<std::int64_t>& before = length_before_.back();
    before.push_back(0);
    for (std::int32_t p = 0; p < members; ++p)
      before.push_back(before.back() + claim.lengths[static_cast<std::size_t>(position(claim, p))]);
  }
}

std::int64_t Folder::length(std::int32_t claim, MemberSet positions) const {
  const std::vector<std::int64_t>& before = length_before_[static_cast<std::size_t>(claim)];
  if (before.empty()) return positions.count;
  const auto first = static_cast<std::size_t>(positions.first);
  return before[first + static_cast<std::size_t>(positions.count)] - before[first];
}

Value Folder::fold(OpId id, Operator oper, std::span<const Operand> operands) {
  const Value like = common(id, operands);
  if (like.claim < 0) return like;
  const Claim& claim = plan_.claims[static_cast<std::size_t>(like.claim)];
  const Operator wanted = ordered(claim) ? Operator::decay_sum : Operator::sum;
  if (oper != wanted) return Value::spoiled(id, Spoil::wrong_operator);
  return ordered(claim) ? fold_intervals(id, like, operands) : fold_sets(id, like, operands);
}

Value Folder::fold_sets(OpId id, const Value& like, std::span<const Operand> operands) {
  const Claim& claim = plan_.claims[static_cast<std::size_t>(like.claim)];
  if (sets_.full()) return Value::spoiled(id, Spoil::too_many_sets);
  union_.start(static_cast<std::int32_t>(claim.inputs.size()));
  for (const Operand& operand : operands) {
    if (operand.value.claim == Value::kIdentity) continue;
    if (!union_.add(operand.value.members)) return Value::spoiled(id, Spoil::counted_twice);
  }
  return {like.claim, union_.result(), id.value, like.origin};
}

Value Folder::fold_intervals(OpId id, const Value& like, std::span<const Operand> operands) const {
  MemberSet fold;  // of the operands from the right end on
  for (std::size_t i = operands.size(); i-- > 0;) {
    const auto& [value, decay_power] = operands[i];
    if (value.claim == Value::kIdentity) continue;
    const bool adjacent = value.members.first + value.members.count == fold.first;
    if (fold.count > 0 && !adjacent) return Value::spoiled(id, Spoil::out_of_order);
    if (decay_power != length(like.claim, fold)) return Value::spoiled(id, Spoil::wrong_decay);
    fold = {value.members.first, value.members.count + fold.count};
  }
  return {like.claim, fold, id.value, like.origin};
}

}  // namespace twinlink::models::checks
