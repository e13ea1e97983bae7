// What the published prose on ring and tree scans says, checked on schedules of blocking sends and
// receives: 128 ranks take 14 steps, the blocking shift is a serial chain, it hung on 32 GPUs.
// A blocking transfer is a meeting of its two ranks; each rank comes to its meetings in the order
// of its program. Source: research note on scans, section 2 and its table of transfers (2b).
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "models/checks/proof.h"
#include "models/plan/plan_builder.h"
#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

struct Transfer {
  int from, to;
};
// Each rank's transfers, as indices, in the order of its program.
struct Programs {
  std::vector<Transfer> transfers;
  std::vector<std::vector<std::size_t>> of_rank;

  explicit Programs(int ranks) : of_rank(static_cast<std::size_t>(ranks)) {}
  std::vector<std::size_t>& at(int rank) { return of_rank[static_cast<std::size_t>(rank)]; }
  // Both sides come to the transfer after what they did before.
  void add(const Transfer& transfer) {
    at(transfer.from).push_back(transfers.size());
    at(transfer.to).push_back(transfers.size());
    transfers.push_back(transfer);
  }
};

// Transfers on the longest chain, if both sides stay until a transfer is over; programs whose order
// is that of the list.
int longest_chain(const Programs& programs) {
  std::vector<int> done(programs.of_rank.size(), 0);
  for (const Transfer& t : programs.transfers) {
    int& from = done[static_cast<std::size_t>(t.from)];
    int& to = done[static_cast<std::size_t>(t.to)];
    from = to = std::max(from, to) + 1;
  }
  return *std::max_element(done.begin(), done.end());
}

// Up by strides 1, 2, 4, ..., and down: the published pairs, or those of Brent and Kung.
Programs tree(int ranks, bool published) {
  Programs programs(ranks);
  int stride = 1;
  for (; stride < ranks; stride *= 2)
    for (int r = stride - 1; r + stride < ranks; r += 2 * stride) programs.add({r, r + stride});
  for (stride /= 2; stride >= 1; stride /= 2)
    for (int r = (published ? stride : 2 * stride) - 1; r < ranks; r += 2 * stride) {
      const int to = r + (published ? 1 : stride);
      if (to < ranks) programs.add({r, to});
    }
  return programs;
}

// The last step from inclusive to exclusive. With isend and irecv no rank waits for one transfer
// before it begins the other: one step for all.
int with_shift(const Programs& programs) { return longest_chain(programs) + 1; }

Programs blocking_shift(int ranks, bool closed) {
  Programs programs(ranks);
  for (int r = 0; r + 1 < ranks; ++r) programs.add({r, r + 1});  // a receive, then a send
  if (!closed) return programs;
  // The first rank receives from the last one before it sends.
  programs.at(0).insert(programs.at(0).begin(), programs.transfers.size());
  programs.at(ranks - 1).push_back(programs.transfers.size());
  programs.transfers.push_back({ranks - 1, 0});
  return programs;
}

// One rendezvous per transfer. Stored in an order of execution as far as there is one.
Plan meetings_of(const Programs& programs) {
  const int ranks = static_cast<int>(programs.of_rank.size());
  PlanBuilder builder("blocking", ranks);
  std::vector<LaneId> lanes;
  for (int r = 0; r < ranks; ++r)
    lanes.push_back(builder.add_sm_lane(builder.add_kernel({Rank{r}, LaunchMode::graph, ""}), {}));
  std::vector<std::uint32_t> meetings;
  for (const Transfer& t : programs.transfers)
    meetings.push_back(builder.add_rendezvous({builder.add_group({Rank{t.from}, Rank{t.to}})}));
  std::vector<std::size_t> next(programs.of_rank.size(), 0);
  const auto arrive = [&](std::size_t rank) {
    builder.barrier(lanes[rank], meetings[programs.of_rank[rank][next[rank]++]], {});
  };
  const auto waits_for = [&](int rank, std::size_t transfer) {
    const auto r = static_cast<std::size_t>(rank);
    return next[r] < programs.of_rank[r].size() && programs.of_rank[r][next[r]] == transfer;
  };
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t t = 0; t < programs.transfers.size(); ++t) {
      const auto [from, to] = programs.transfers[t];
      if (!waits_for(from, t) || !waits_for(to, t)) continue;
      arrive(static_cast<std::size_t>(from));
      arrive(static_cast<std::size_t>(to));
      moved = true;
    }
  }
  for (std::size_t r = 0; r < programs.of_rank.size(); ++r)
    while (next[r] < programs.of_rank[r].size()) arrive(r);
  return builder.finish();
}

TEST_CASE(
    "published prose: a tree takes 128 ranks 14 steps, the chain 127; doubling half of that") {
  const auto rounds = [](const char* name) {
    const Algorithm& algorithm = find_algorithm(Operation::exscan, name);
    return algorithm.counts(test::request_of(algorithm, 128, 1)).rounds;
  };
  CHECK(rounds("blelloch") == 14);  // 2 log2 128
  CHECK(rounds("ring_decoupled") == 127);
  CHECK(rounds("two_op_doubling") == 7);
  CHECK(rounds("doubling_123") == 8);  // ceil(log2 127 + log2 4/3)
}

TEST_CASE("published table: transfers on the longest chain, blocking on both sides") {
  struct Row {
    int ranks, ring, published, without_shift, correct;
  };
  for (const Row& row :
       {Row{4, 3, 5, 4, 4}, Row{8, 7, 6, 5, 6}, Row{16, 15, 7, 6, 8}, Row{64, 63, 9, 8, 12}}) {
    CAPTURE(row.ranks);
    CHECK(longest_chain(blocking_shift(row.ranks, false)) == row.ring);
    CHECK(with_shift(tree(row.ranks, true)) == row.published);
    CHECK(longest_chain(tree(row.ranks, true)) == row.without_shift);
    CHECK(with_shift(tree(row.ranks, false)) == row.correct);
  }
}

TEST_CASE(
    "published prose: the blocking shift is a serial chain, as long as the ring it replaces") {
  for (const int ranks : {2, 8, 32, 128})
    CHECK(longest_chain(blocking_shift(ranks, false)) == ranks - 1);
}

TEST_CASE("published prose: no order of these transfers hangs 32 ranks; a closed shift would") {
  for (const int ranks : {2, 31, 32, 33, 128}) {
    CAPTURE(ranks);
    CHECK(check_deadlock(meetings_of(blocking_shift(ranks, false))).correct());
    CHECK(check_deadlock(meetings_of(tree(ranks, true))).correct());
    CHECK(check_deadlock(meetings_of(tree(ranks, false))).correct());
  }
  // Mutations that must be caught: the shift closed to a ring, and two transfers in opposite order.
  CHECK(!check_deadlock(meetings_of(blocking_shift(32, true))).correct());
  Programs crossed = tree(32, true);
  std::vector<std::size_t>& last = crossed.at(31);
  REQUIRE(last.size() >= 2);
  std::swap(last.front(), last.back());
  CHECK(!check_deadlock(meetings_of(crossed)).correct());
}

}  // namespace
}  // namespace twinlink::models
