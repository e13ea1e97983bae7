#include "models/collectives/all_to_all_blocks.h"

#include <algorithm>

#include "models/collectives/group_frame.h"

namespace twinlink::models {
namespace {

// The count that `from` has for `to`; of totals: what it has for all.
std::int64_t count_of(const CollectiveRequest& request, Rank from, Rank to) {
  const std::size_t ranks = request.gpu_of_rank.size();
  if (request.counts.size() == ranks) return request.counts[from.index()];
  return request.counts[from.index() * ranks + to.index()];
}

std::int64_t sum_of(const CollectiveRequest& request, Rank from, const std::vector<Rank>& members) {
  if (request.counts.size() == request.gpu_of_rank.size()) return request.counts[from.index()];
  std::int64_t sum = 0;
  for (const Rank to : members) sum += count_of(request, from, to);
  return sum;
}

// n x part / whole, rounded down.
std::int64_t scaled(std::int64_t n, std::int64_t part, std::int64_t whole) {
  return static_cast<std::int64_t>(static_cast<Int128>(n) * part / whole);
}

}  // namespace

std::int64_t largest_count_sum(const CollectiveRequest& request) {
  std::int64_t largest = 0;
  if (request.counts.empty()) return 0;
  for (const std::vector<Rank>& group : groups_of(request))
    for (const Rank from : group) largest = std::max(largest, sum_of(request, from, group));
  return largest;
}

AllToAllBlocks::AllToAllBlocks(const CollectiveRequest& request, const std::vector<Rank>& members)
    : members_(static_cast<std::int64_t>(members.size())), elements_(elements_of(request)) {
  if (request.counts.empty()) return;
  deal(request, members);
  sum_up();
}

void AllToAllBlocks::deal(const CollectiveRequest& request, const std::vector<Rank>& members) {
  const bool totals = request.counts.size() == request.gpu_of_rank.size();
  const std::int64_t largest = std::max<std::int64_t>(1, largest_count_sum(request));
  for (const Rank from : members) {
    const std::int64_t all = scaled(elements_, sum_of(request, from, members), largest);
    std::int64_t sum = 0, begin = 0;
    for (std::size_t d = 0; d < members.size(); ++d) {
      if (totals) {
        counts_.push_back(share(static_cast<std::int64_t>(d), members_, all).count);
        continue;
      }
      sum += count_of(request, from, members[d]);
      const std::int64_t end = scaled(elements_, sum, largest);
      counts_.push_back(end - begin);
      begin = end;
    }
  }
}

void AllToAllBlocks::sum_up() {
  sent_begin_.resize(counts_.size());
  landed_begin_.resize(counts_.size());
  std::vector<std::int64_t> landed(static_cast<std::size_t>(members_));
  for (std::int64_t from = 0; from < members_; ++from) {
    std::int64_t begin = 0;
    for (std::int64_t to = 0; to < members_; ++to) {
      sent_begin_[at(from, to)] = begin;
      begin += counts_[at(from, to)];
      landed_begin_[at(from, to)] = landed[static_cast<std::size_t>(to)];
      landed[static_cast<std::size_t>(to)] += counts_[at(from, to)];
    }
  }
}

std::int64_t AllToAllBlocks::input(std::int64_t member) const {
  if (counts_.empty()) return elements_;
  const Share last = sent(member, members_ - 1);
  return last.begin + last.count;
}

std::int64_t AllToAllBlocks::output(std::int64_t member) const {
  const Share last = landed(members_ - 1, member);
  return last.begin + last.count;
}

std::int64_t AllToAllBlocks::messages() const {
  if (counts_.empty()) return std::min(members_, elements_) * (members_ - 1);
  std::int64_t messages = 0;
  for (std::int64_t from = 0; from < members_; ++from)
    for (std::int64_t to = 0; to < members_; ++to)
      messages += from != to && counts_[at(from, to)] > 0 ? 1 : 0;
  return messages;
}

std::int64_t AllToAllBlocks::most_sent() const {
  // Fewer elements than members leave one that sends all.
  if (counts_.empty()) return std::min(members_ - 1, elements_);
  std::int64_t most = 0;
  for (std::int64_t from = 0; from < members_; ++from) {
    std::int64_t sent = 0;
    for (std::int64_t to = 0; to < members_; ++to)
      sent += from != to && counts_[at(from, to)] > 0 ? 1 : 0;
    most = std::max(most, sent);
  }
  return most;
}

std::int64_t AllToAllBlocks::most_out() const {
  std::int64_t most = 0;
  for (std::int64_t m = 0; m < members_; ++m) most = std::max(most, input(m) - sent(m, m).count);
  return most;
}

std::int64_t AllToAllBlocks::most_in() const {
  std::int64_t most = 0;
  for (std::int64_t m = 0; m < members_; ++m) most = std::max(most, output(m) - landed(m, m).count);
  return most;
}

AlgorithmCounts all_to_all_counts(const CollectiveRequest& request,
                                  std::int64_t (*rounds)(std::int64_t, std::int64_t)) {
  const int element = size_of(request.element);
  AlgorithmCounts all;
  for (const std::vector<Rank>& group : groups_of(request)) {
    const AllToAllBlocks blocks(request, group);
    if (blocks.size() == 1) continue;
    all.rounds = std::max(all.rounds, rounds(blocks.most_sent(), blocks.size()));
    all.messages += blocks.messages();
    all.bytes_in = std::max(all.bytes_in, Bytes{blocks.most_in() * element});
    all.bytes_out = std::max(all.bytes_out, Bytes{blocks.most_out() * element});
  }
  return all;
}

double all_to_all_time(const CollectiveRequest& request, const AlgorithmCounts& counts,
                       const AlphaBetaGamma& costs) {
  const Bytes most = std::max(counts.bytes_in, counts.bytes_out);
  const std::int64_t rounds =
      request.counts.empty() ? counts.rounds : std::min<std::int64_t>(1, counts.rounds);
  return static_cast<double>(rounds) * costs.alpha + static_cast<double>(most.count) * costs.beta;
}

}  // namespace twinlink::models
