#include "models/checks/describe.h"

#include <algorithm>

#include "models/checks/findings.h"

namespace twinlink::models::checks {
namespace {

constexpr std::size_t kShownRuns = 6;

// "ranks 0..3, 7": ascending, runs joined, the tail left out.
std::string text_of_ranks(std::vector<std::int32_t> ranks) {
  std::sort(ranks.begin(), ranks.end());
  std::string result = ranks.size() == 1 ? "rank " : "ranks ";
  std::size_t runs = 0;
  for (std::size_t i = 0; i < ranks.size();) {
    std::size_t last = i;
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) ++last;
    if (runs++ == kShownRuns) return result + ", ...";
    if (i > 0) result += ", ";
    result += text(std::int64_t{ranks[i]});
    if (last > i) result += ".." + text(std::int64_t{ranks[last]});
    i = last + 1;
  }
  return result;
}

}  // namespace

std::string text_of_members(const Describer& describer, std::int32_t claim, MemberSet members) {
  if (members.count == 0) return "nothing (the identity)";
  const Claim& c = describer.plan.claims[static_cast<std::size_t>(claim)];
  const std::vector<Rank>& group = describer.plan.groups[c.group.index()].members;
  std::vector<std::int32_t> ranks;
  for (const std::int32_t i :
       describer.sets.list(members, static_cast<std::int32_t>(group.size()))) {
    const std::int32_t index = ordered(c) ? position(c, i) : i;
    ranks.push_back(group[static_cast<std::size_t>(index)].value);
  }
  const std::string what = ordered(c) ? "the fold of " : "the sum of ";
  return ranks.size() == 1 ? "the input of " + text_of_ranks(ranks) : what + text_of_ranks(ranks);
}

std::string text_of(const Describer& describer, const Value& value) {
  switch (value.claim) {
    case Value::kUndefined: return "bytes that nobody wrote";
    case Value::kIdentity: return "nothing (the identity)";
    case Value::kForeign: return "data that is no input of a claim";
    case Value::kSpoiled: {
      const OpId op = value.spoiler();
      return "a result spoiled by " + text(op) + " of " + text(describer.plan.rank_of(op)) +
             ", which " + text_of(value.why());
    }
    default: return text_of_members(describer, value.claim, value.members);
  }
}

std::string text_of(Spoil why) {
  switch (why) {
    case Spoil::undefined: return "reads bytes that nobody wrote";
    case Spoil::mixed: return "mixes inputs of a claim with other data";
    case Spoil::wrong_operator: return "folds with an operator that is not the claim's";
    case Spoil::shifted: return "folds elements of different positions";
    case Spoil::counted_twice: return "counts an input twice";
    case Spoil::out_of_order: return "folds ranges of ranks that do not follow each other in order";
    case Spoil::wrong_decay: return "uses a decay power that is not the length of what follows";
    case Spoil::too_many_sets: return "makes more different sets of ranks than can be proved";
  }
  return "";
}

}  // namespace twinlink::models::checks
