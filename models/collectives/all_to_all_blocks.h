#pragma once
// Which elements each member of an all-to-all gives each other one: equal shares, or by the
// request's counts.
//
//   no counts     member s gives member d share(d, P, n); n: elements of `bytes`
//   P totals      member s has totals[s] to give, dealt in shares: share(d, P, input of s)
//   P x P counts  member s gives counts[s P + d] to d; row by row, indexed by rank
// Counts say only how sizes relate: the largest sum of a member, within its group, is n elements,
// and what s gives ends at floor(n x (sum of its counts to 0..d) / largest sum). So a count of 0 is
// an empty block, and counts in elements with n their largest sum are taken as they are.
// Input: blocks in the order of receivers; output: in the order of senders, nothing in between.
#include <vector>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

class AllToAllBlocks {
 public:
  AllToAllBlocks(const CollectiveRequest& request, const std::vector<Rank>& members);

  [[nodiscard]] std::int64_t size() const { return members_; }
  // Elements of the block from `from` to `to`: in the input of `from`, in the output of `to`.
  [[nodiscard]] Share sent(std::int64_t from, std::int64_t to) const {
    if (counts_.empty()) return share(to, members_, elements_);
    return {sent_begin_[at(from, to)], counts_[at(from, to)]};
  }
  [[nodiscard]] Share landed(std::int64_t from, std::int64_t to) const {
    if (!counts_.empty()) return {landed_begin_[at(from, to)], counts_[at(from, to)]};
    const std::int64_t count = share(to, members_, elements_).count;
    return {from * count, count};
  }
  // Elements of a whole input or output.
  [[nodiscard]] std::int64_t input(std::int64_t member) const;
  [[nodiscard]] std::int64_t output(std::int64_t member) const;
  // Elements by sender and receiver, for a claim; empty: shares.
  [[nodiscard]] const std::vector<std::int64_t>& counts() const { return counts_; }

  // Of blocks that are not empty and go to another member: all of them, and the most that one
  // member sends.
  [[nodiscard]] std::int64_t messages() const;
  [[nodiscard]] std::int64_t most_sent() const;
  // Elements from and to others: the largest of any member.
  [[nodiscard]] std::int64_t most_out() const;
  [[nodiscard]] std::int64_t most_in() const;

 private:
  [[nodiscard]] std::size_t at(std::int64_t from, std::int64_t to) const {
    return static_cast<std::size_t>(from * members_ + to);
  }
  void deal(const CollectiveRequest& request, const std::vector<Rank>& members);
  void sum_up();

  std::int64_t members_, elements_;
  std::vector<std::int64_t> counts_, sent_begin_, landed_begin_;  // by sender and receiver
};

// What the largest sum of the counts of a member, within its group, is; 0: no counts, or all 0.
std::int64_t largest_count_sum(const CollectiveRequest& request);

// What an all-to-all of direct transfers moves; `rounds(most_sent, members)`: most transfers one
// after the other.
AlgorithmCounts all_to_all_counts(const CollectiveRequest& request,
                                  std::int64_t (*rounds)(std::int64_t, std::int64_t));
// How long that takes: rounds alpha + the most that goes into or out of a member, at beta. With
// counts one alpha: who sends most blocks need not send most bytes, so no more is sure.
double all_to_all_time(const CollectiveRequest& request, const AlgorithmCounts& counts,
                       const AlphaBetaGamma& costs);

}  // namespace twinlink::models
