// Counts and closed forms of the scans against published tables and formulas; what each plan really
// does is in counts_test.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "tests/models/collectives/plan_counting.h"
#include "tests/models/collectives/requests.h"
#include "tests/support/rank_counts.h"

namespace twinlink::models {
namespace {

using test::request_of;

std::int64_t levels(std::int64_t members) {
  return std::bit_width(static_cast<std::uint64_t>(members - 1));
}

AlgorithmCounts counts(const char* name, int ranks, Operation operation = Operation::exscan) {
  const Algorithm& algorithm = find_algorithm(operation, name);
  return algorithm.counts(request_of(algorithm, ranks, 1));
}

double closed_form(const char* name, int ranks, Operation operation, std::int64_t elements) {
  const Algorithm& algorithm = find_algorithm(operation, name);
  return algorithm.closed_form(request_of(algorithm, ranks, elements), test::kWholeCosts);
}

// Table 4b of the research note on scans: rounds and messages.
TEST_CASE("published counts of scans") {
  struct Row {
    int ranks;
    std::int64_t chain, kogge_rounds, kogge, two_op_rounds, two_op, skips_rounds, skips;
    std::int64_t brent_kung_levels, brent_kung, blelloch_rounds, blelloch, gather;
  };
  const Row rows[] = {{4, 3, 3, 6, 2, 5, 2, 5, 4, 7, 4, 9, 6},
                      {8, 7, 4, 21, 3, 17, 4, 18, 6, 18, 6, 21, 28},
                      {16, 15, 5, 60, 4, 49, 5, 53, 8, 41, 8, 45, 120},
                      {32, 31, 6, 155, 5, 129, 6, 140, 10, 88, 10, 93, 496},
                      {64, 63, 7, 378, 6, 321, 7, 347, 12, 183, 12, 189, 2016},
                      {72, 71, 8, 441, 7, 377, 7, 403, 14, 206, 14, 213, 2556},
                      {576, 575, 11, 5302, 10, 4737, 10, 4984, 20, 1715, 20, 1725, 165'600}};
  for (const Row& row : rows) {
    CAPTURE(row.ranks);
    for (const char* chain : {"ring_coupled", "ring_decoupled", "chain_pipelined"}) {
      CHECK(counts(chain, row.ranks).rounds == row.chain);
      CHECK(counts(chain, row.ranks).messages == row.chain);
    }
    CHECK(counts("kogge_stone", row.ranks).rounds == row.kogge_rounds);
    CHECK(counts("kogge_stone", row.ranks).messages == row.kogge);
    CHECK(counts("two_op_doubling", row.ranks).rounds == row.two_op_rounds);
    CHECK(counts("two_op_doubling", row.ranks).messages == row.two_op);
    CHECK(counts("doubling_123", row.ranks).rounds == row.skips_rounds);
    CHECK(counts("doubling_123", row.ranks).messages == row.skips);
    CHECK(counts("brent_kung", row.ranks).messages == row.brent_kung);
    // The table counts levels in lock step (up to 14 at P = 72, 20 at 576); a chain of messages
    // has fewer, since nobody waits for the last level of the way up.
    CHECK(counts("brent_kung", row.ranks).rounds < row.brent_kung_levels);
    CHECK(counts("blelloch", row.ranks).rounds == row.blelloch_rounds);
    CHECK(counts("blelloch", row.ranks).messages == row.blelloch);
    CHECK(counts("gather_direct", row.ranks).messages == row.gather);
    CHECK(counts("gather_direct", row.ranks).rounds == 1);
  }
  CHECK(counts("lasp_pr_tree", 16).messages == 45);  // as published
  // P = 2^L: the last rank receives L times on the way up, once on the way down, once in the shift.
  for (int l = 1; l <= 9; ++l) {
    CHECK(counts("lasp_pr_tree", 1 << l).rounds == l + 2);
    CHECK(counts("lasp_pr_tree", 1 << l).applications == l + 1);
  }
}

TEST_CASE("123-doubling takes ceil(log2 (P-1) + log2 (4/3)) rounds, P = 3 to 600") {
  for (const int ranks : rank_counts(3, 600)) {
    // 4 (P-1) / 3 <= 2^q in whole numbers: exact where the logarithm is whole.
    std::int64_t q = 0;
    while ((std::int64_t{3} << q) < 4 * (ranks - 1)) ++q;
    CAPTURE(ranks);
    CHECK(q == std::llround(std::ceil(std::log2(ranks - 1.0) + std::log2(4.0 / 3) - 1e-9)));
    const AlgorithmCounts exclusive = counts("doubling_123", ranks);
    CHECK(exclusive.rounds == q);
    CHECK(exclusive.applications == (ranks >= 4 ? q : q - 1));
    CHECK(counts("doubling_123", ranks, Operation::scan).rounds == q);
  }
}

// Rounds R and applications A of whole states: R (alpha + n beta) + A n gamma.
struct Chain {
  std::int64_t rounds, applications;
};

void check_chain(const char* name, int ranks, Operation operation, const Chain& chain) {
  CAPTURE(name);
  CAPTURE(ranks);
  CAPTURE(name_of(operation));
  const AlgorithmCounts stated = counts(name, ranks, operation);
  CHECK(stated.rounds == chain.rounds);
  CHECK(stated.applications == chain.applications);
  const double n = 4 * 29;
  CHECK(closed_form(name, ranks, operation, 29) ==
        static_cast<double>(chain.rounds) * (1000 + 3 * n) +
            static_cast<double>(chain.applications) * 7 * n);
}

std::int64_t brent_kung_depth(int ranks) {
  std::int64_t deepest = 0;
  for (unsigned m = 1; m <= static_cast<unsigned>(ranks); ++m)
    deepest = std::max<std::int64_t>(deepest, std::bit_width(m) - 1 + std::popcount(m));
  return deepest;
}

TEST_CASE("formulas of the headers, whole states") {
  for (const int ranks : rank_counts(2, 300)) {
    const std::int64_t p = ranks;
    const bool power = std::has_single_bit(static_cast<unsigned>(ranks));
    const std::int64_t l = levels(p), doublings = levels(p - 1);
    check_chain("ring_coupled", ranks, Operation::exscan, {p - 1, p - 1});
    check_chain("ring_coupled", ranks, Operation::scan, {p - 1, p});
    check_chain("ring_decoupled", ranks, Operation::exscan, {p - 1, p - 2});
    check_chain("ring_decoupled", ranks, Operation::scan, {p - 1, p - 1});
    check_chain("blelloch", ranks, Operation::exscan, {2 * l, 2 * l - (power ? 0 : 1)});
    check_chain("kogge_stone", ranks, Operation::exscan, {1 + doublings, doublings});
    check_chain("kogge_stone", ranks, Operation::scan, {l, l});
    const std::int64_t depth = brent_kung_depth(ranks);
    check_chain("brent_kung", ranks, Operation::exscan, {depth, depth - 1});
    check_chain("brent_kung", ranks, Operation::scan, {depth - 1, depth - 1});

    if (power) {
      check_chain("blelloch", ranks, Operation::scan, {2 * l, 2 * l + 1});
      check_chain("two_op_doubling", ranks, Operation::exscan, {l, 2 * (l - 1)});
      check_chain("two_op_doubling", ranks, Operation::scan, {l, 2 * (l - 1) + 1});
      CHECK(brent_kung_depth(ranks) == (ranks == 2 ? 2 : 2 * l - 1));
    } else {
      CHECK(counts("two_op_doubling", ranks).rounds == l);
      CHECK(counts("two_op_doubling", ranks).applications <= 2 * (l - 1));
    }
    const std::int64_t up = p - std::popcount(static_cast<unsigned>(ranks));
    const std::int64_t down = p - std::bit_width(static_cast<unsigned>(ranks));
    CHECK(counts("brent_kung", ranks).messages == up + down + p - 1);
    CHECK(counts("brent_kung", ranks, Operation::scan).messages == up + down);
  }
}

TEST_CASE("the pipelined chain, any number of slices") {
  for (const int ranks : {2, 3, 4, 9, 72})
    for (const int slices : {1, 2, 5, 8, 29, 40}) {
      CollectiveRequest request = request_of(Operation::exscan, ranks, 29);
      request.slices = slices;
      const std::int64_t k = std::min(slices, 29);
      // 29 elements are 8 units of 16 bytes; more slices than that are dealt by elements.
      const std::int64_t first = k == 1 ? 29 : k <= 8 ? 4 * ((8 + k - 1) / k) : (29 + k - 1) / k;
      const auto n = 4.0 * 29, largest = 4.0 * static_cast<double>(first);
      const auto hops = static_cast<double>(ranks - 2), steps = hops + static_cast<double>(k);
      const double folded = ranks == 2 ? 0 : n + (hops - 1) * largest;
      const Algorithm& exclusive = find_algorithm(Operation::exscan, "chain_pipelined");
      CAPTURE(ranks);
      CAPTURE(slices);
      CHECK(exclusive.closed_form(request, test::kWholeCosts) ==
            1000 * steps + 3 * (n + hops * largest) + 7 * folded);
      CHECK(exclusive.counts(request).messages == k * (ranks - 1));
      CHECK(exclusive.counts(request).rounds == ranks - 2 + k);
      // The decoupled ring with slices is the same plan.
      const Algorithm& ring = find_algorithm(Operation::exscan, "ring_decoupled");
      CHECK(ring.closed_form(request, test::kWholeCosts) ==
            exclusive.closed_form(request, test::kWholeCosts));
      request.operation = Operation::scan;
      CHECK(find_algorithm(Operation::scan, "chain_pipelined")
                .closed_form(request, test::kWholeCosts) ==
            1000 * steps + 10 * (n + hops * largest));
    }
}

TEST_CASE("the chain's own number of slices is round(sqrt((P-2) n / 1 MiB)), 1 to 256") {
  const auto slices = [](int ranks, Bytes bytes) {
    CollectiveRequest request = request_of(Operation::exscan, ranks, bytes.count / 4);
    const Algorithm& chain = find_algorithm(Operation::exscan, "chain_pipelined");
    return chain.counts(request).messages / (ranks - 1);
  };
  CHECK(slices(2, mib(64)) == 1);    // one hop: nothing to overlap
  CHECK(slices(72, mib(64)) == 67);  // sqrt(70 x 64) = 66.9
  CHECK(slices(72, kib(64)) == 2);   // sqrt(70 / 16) = 2.09
  CHECK(slices(8, mib(1)) == 2);     // sqrt 6 = 2.45
  CHECK(slices(72, mib(4096)) == 256);
}

TEST_CASE("slices of any scan: counts and closed form are those of the plan") {
  for (const Algorithm& algorithm : catalogue()) {
    if (algorithm.operation != Operation::exscan && algorithm.operation != Operation::scan)
      continue;
    for (const int ranks : {1, 2, 3, 8, 13, 32})
      for (const int slices : {2, 3, 7}) {
        CollectiveRequest request = request_of(algorithm, ranks, 5 + slices);
        request.slices = slices;
        CAPTURE(algorithm.name);
        CAPTURE(ranks);
        CAPTURE(slices);
        const Plan plan = build_plan(algorithm, request);
        const AlgorithmCounts counted = test::count(plan);
        const AlgorithmCounts stated = algorithm.counts(request);
        CHECK(stated.rounds == counted.rounds);
        CHECK(stated.messages == counted.messages);
        CHECK(stated.bytes_in == counted.bytes_in);
        CHECK(stated.bytes_out == counted.bytes_out);
        CHECK(stated.applications == counted.applications);
        CHECK(plan.ops.size() <= algorithm.plan_size(request).ops);
        CHECK(plan.slices.size() <= algorithm.plan_size(request).slices);
        if (!algorithm.name.ends_with("transpose") && algorithm.name != "decay_horizon")
          CHECK(algorithm.closed_form(request, test::kWholeCosts) ==
                test::longest_chain(plan, test::kWholeCosts));
      }
  }
}

TEST_CASE("closed forms that count ports: what they add to the longest chain") {
  for (const int ranks : {2, 3, 5, 8, 21, 64, 72, 130})
    for (const Operation operation : {Operation::exscan, Operation::scan}) {
      const auto longest = [&](const char* name) {
        const Algorithm& algorithm = find_algorithm(operation, name);
        return test::longest_chain(build_plan(algorithm, request_of(algorithm, ranks, 29)),
                                   test::kWholeCosts);
      };
      const double n = 4 * 29, p = ranks;
      CAPTURE(ranks);
      // Level h serves min(h, P - h) readers, in all P - 1; chains see one of each of L levels.
      CHECK(closed_form("sklansky", ranks, operation, 29) - longest("sklansky") ==
            (p - 1 - static_cast<double>(levels(ranks))) * n * 3);
      double w = 1;
      while (w * w < p && w + 1 < p) ++w;
      const double steps = std::ceil((p - 1) / w);
      CHECK(closed_form("look_back", ranks, operation, 29) - longest("look_back") ==
            (steps * w - (p - 1)) * n * 3);
    }
}

}  // namespace
}  // namespace twinlink::models
