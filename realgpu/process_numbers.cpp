#include "realgpu/process_numbers.h"

#include <algorithm>
#include <iterator>

namespace twinlink::realgpu {
namespace {

struct Verdict {
  double max_error = 0;
  bool correct = false;
};

}  // namespace

models::Numbers combined(ProcessGroup& group, const models::Numbers& mine) {
  const auto verdicts = group.all_gather_values("verdicts", Verdict{mine.max_error, mine.correct});
  Payload text(mine.reason.size());
  std::ranges::transform(mine.reason, text.begin(), [](char c) { return std::byte(c); });
  const std::vector<Payload> reasons = group.all_gather("reasons", text);
  Payload ranks(mine.wrong_ranks.size() * sizeof(Rank));
  if (!ranks.empty()) std::memcpy(ranks.data(), mine.wrong_ranks.data(), ranks.size());
  models::Numbers all{true, 0, {}};
  for (std::size_t p = 0; p < verdicts.size(); ++p) {
    all.correct = all.correct && verdicts[p].correct;
    all.max_error = std::max(all.max_error, verdicts[p].max_error);
    if (!all.reason.empty() || reasons[p].empty()) continue;
    all.reason = "process " + std::to_string(p) + ": ";
    for (const std::byte b : reasons[p]) all.reason += static_cast<char>(b);
  }
  for (const Payload& part : group.all_gather("wrong ranks", ranks)) {
    std::vector<Rank> wrong(part.size() / sizeof(Rank)), merged;
    if (!part.empty()) std::memcpy(wrong.data(), part.data(), part.size());
    std::ranges::set_union(all.wrong_ranks, wrong, std::back_inserter(merged));
    all.wrong_ranks = std::move(merged);
  }
  return all;
}

std::vector<Duration> slowest(ProcessGroup& group, const std::vector<Duration>& mine) {
  std::vector<Duration> longest = mine;
  for (const std::vector<Duration>& one : group.all_gather_vectors("sample times", mine))
    for (std::size_t i = 0; i < longest.size(); ++i) longest[i] = std::max(longest[i], one[i]);
  return longest;
}

}  // namespace twinlink::realgpu
