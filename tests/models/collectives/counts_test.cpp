// Counts and closed forms of every algorithm against what is counted from its plan.
#include <doctest/doctest.h>

#include "tests/models/collectives/plan_counting.h"
#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

// Whole numbers, so that every sum of them is exact in a double.
constexpr AlphaBetaGamma kWholeCosts{1000, 3, 7};

void check_counts(const Algorithm& algorithm, const CollectiveRequest& request) {
  const Plan plan = build_plan(algorithm, request);
  const AlgorithmCounts counted = test::count(plan);
  const AlgorithmCounts stated = algorithm.counts(request);
  CHECK(stated.rounds == counted.rounds);
  CHECK(stated.messages == counted.messages);
  CHECK(stated.bytes_in == counted.bytes_in);
  CHECK(stated.bytes_out == counted.bytes_out);
  CHECK(stated.applications == counted.applications);

  // Chains do not see that the blocks of an all-to-all, or what the switch multicasts, share a
  // port; there it is the port's bytes.
  double expected = test::longest_chain(plan, kWholeCosts);
  if (algorithm.operation == Operation::all_to_all || algorithm.needs == Needs::multicast)
    expected = 1000.0 * static_cast<double>(counted.rounds) +
               3.0 * static_cast<double>(std::max(counted.bytes_in, counted.bytes_out).count);
  CHECK(algorithm.closed_form(request, kWholeCosts) == expected);

  const OpCounts size = algorithm.plan_size(request);
  CHECK(plan.ops.size() <= size.ops);
  CHECK(plan.slices.size() <= size.slices);
  CHECK(plan.deps.size() <= size.deps);
}

// Fewer elements than most P, and P shares of 3 or 4.
void check_sizes(const Algorithm& algorithm, int ranks) {
  for (const std::int64_t elements : {std::int64_t{5}, std::int64_t{3} * ranks + ranks / 3}) {
    CollectiveRequest request = request_of(algorithm, ranks, elements);
    INFO(algorithm.name, " ranks ", ranks, " elements ", elements);
    check_counts(algorithm, request);
  }
}

TEST_CASE("counts and closed forms are those of the plan, P = 1 to 130 and 576") {
  for (const Algorithm& algorithm : catalogue()) {
    for (int ranks = 1; ranks <= 130; ++ranks) check_sizes(algorithm, ranks);
    check_sizes(algorithm, 576);
  }
}

TEST_CASE("counts of an empty request and of one element per rank") {
  for (const Algorithm& algorithm : catalogue())
    for (const int ranks : {1, 2, 3, 8, 13})
      for (const int elements : {0, ranks}) {
        INFO(algorithm.name, " ranks ", ranks, " elements ", elements);
        check_counts(algorithm, request_of(algorithm, ranks, elements));
      }
}

TEST_CASE("counts of a suffix scan are those of the prefix scan") {
  for (const Algorithm& algorithm : catalogue()) {
    if (algorithm.operation != Operation::exscan) continue;
    CollectiveRequest request = request_of(algorithm, 21, 3);
    request.suffix = true;
    INFO(algorithm.name);
    check_counts(algorithm, request);
  }
}

TEST_CASE("counts with local work on the chain or before it") {
  for (const Algorithm& algorithm : catalogue()) {
    if (algorithm.operation != Operation::exscan) continue;
    CollectiveRequest request = request_of(algorithm, 11, 3);
    request.local_work = {"kv", 1e6, kib(1)};
    INFO(algorithm.name);
    check_counts(algorithm, request);
  }
}

TEST_CASE("counts of several groups: messages add up, the rest is the largest") {
  for (const Algorithm& algorithm : catalogue()) {
    CollectiveRequest request = request_of(algorithm, 12, 29);
    request.groups = {test::ranks_of({7, 3, 11, 0, 5}), test::ranks_of({10}),
                      test::ranks_of({1, 2, 9, 8})};
    INFO(algorithm.name);
    check_counts(algorithm, request);
  }
}

// Table 4b of the research note on scans: rounds and messages.
TEST_CASE("published counts of scans") {
  const Algorithm& ring = find_algorithm(Operation::exscan, "ring_decoupled");
  const Algorithm& blelloch = find_algorithm(Operation::exscan, "blelloch");
  struct Row {
    int ranks;
    std::int64_t ring, rounds, messages;
  };
  for (const Row& row : {Row{4, 3, 4, 9}, Row{8, 7, 6, 21}, Row{16, 15, 8, 45}, Row{32, 31, 10, 93},
                         Row{64, 63, 12, 189}, Row{72, 71, 14, 213}, Row{576, 575, 20, 1725}}) {
    CHECK(ring.counts(request_of(ring, row.ranks, 1)).rounds == row.ring);
    CHECK(ring.counts(request_of(ring, row.ranks, 1)).messages == row.ring);
    CHECK(blelloch.counts(request_of(blelloch, row.ranks, 1)).rounds == row.rounds);
    CHECK(blelloch.counts(request_of(blelloch, row.ranks, 1)).messages == row.messages);
  }
  const Algorithm& pr = find_algorithm(Operation::exscan, "lasp_pr_tree");
  CHECK(pr.counts(request_of(pr, 16, 1)).messages == 45);  // as published
  // P = 2^L: the last rank receives L times on the way up, once on the way down, once in the shift.
  for (int levels = 1; levels <= 9; ++levels) {
    const AlgorithmCounts counts = pr.counts(request_of(pr, 1 << levels, 1));
    CHECK(counts.rounds == levels + 2);
    CHECK(counts.applications == levels + 1);
  }
}

TEST_CASE("closed forms worked by hand") {
  // 72 ranks, 4 MiB on 2 us and 720 GB/s, 3 bytes of 6.4 TB/s per byte combined:
  const AlphaBetaGamma costs{2e-6, 1 / 720e9, 3 / 6.4e12};
  const double n = 4 * 1024 * 1024;
  const std::int64_t elements = 1024 * 1024;
  const Algorithm& ring = find_algorithm(Operation::exscan, "ring_decoupled");
  CHECK(ring.closed_form(request_of(ring, 72, elements), costs) ==
        doctest::Approx(71 * (2e-6 + n / 720e9) + 70 * n * 3 / 6.4e12).epsilon(1e-12));
  const Algorithm& blelloch = find_algorithm(Operation::exscan, "blelloch");
  CHECK(blelloch.closed_form(request_of(blelloch, 72, elements), costs) ==
        doctest::Approx(14 * (2e-6 + n / 720e9) + 13 * n * 3 / 6.4e12).epsilon(1e-12));
  // 8 ranks: 2 x 7 steps of n/8.
  const Algorithm& all_reduce = find_algorithm(Operation::all_reduce, "ring");
  CHECK(all_reduce.closed_form(request_of(all_reduce, 8, elements), {2e-6, 1 / 720e9, 0}) ==
        doctest::Approx(14 * (2e-6 + n / 8 / 720e9)).epsilon(1e-12));
}

}  // namespace
}  // namespace twinlink::models
