// Counts and closed forms of every algorithm against what is counted from its plan.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tests/models/collectives/plan_counting.h"
#include "tests/models/collectives/requests.h"
#include "tests/support/rank_counts.h"

namespace twinlink::models {
namespace {

using test::request_of;

// Chains do not see what shares a port: lanes of one rank, loads of many ranks in the switch.
bool shares_ports(const Algorithm& algorithm) {
  return algorithm.operation == Operation::all_to_all || algorithm.name == "copy_engine" ||
         algorithm.needs == Needs::multicast;
}

double expected_time(const Algorithm& algorithm, const Plan& plan, const AlgorithmCounts& counted) {
  const double port =
      3.0 * static_cast<double>(std::max(counted.bytes_in, counted.bytes_out).count);
  // With counts only the first alpha is sure.
  const bool counts = !plan.claims.at(0).counts.empty();
  const std::int64_t rounds = counts ? std::min<std::int64_t>(1, counted.rounds) : counted.rounds;
  if (shares_ports(algorithm)) return 1000.0 * static_cast<double>(rounds) + port;
  const double chain = test::longest_chain(plan, test::kWholeCosts);
  if (algorithm.name != "double_binary_tree") return chain;
  return std::max({chain, port, 7.0 * test::most_combined(plan)});
}

bool is_scan(const Algorithm& algorithm) {
  return algorithm.operation == Operation::exscan || algorithm.operation == Operation::scan;
}

// Closed forms that count what ports serve, which chains do not see: scan_counts_test has them.
bool counts_ports(const Algorithm& algorithm) {
  for (const char* name :
       {"sklansky", "look_back", "transpose", "hierarchical_transpose", "decay_horizon"})
    if (is_scan(algorithm) && algorithm.name == name) return true;
  return false;
}

void check_counts(const Algorithm& algorithm, const CollectiveRequest& request) {
  const Plan plan = build_plan(algorithm, request);
  const AlgorithmCounts counted = test::count(plan);
  const AlgorithmCounts stated = algorithm.counts(request);
  CHECK(stated.rounds == counted.rounds);
  CHECK(stated.messages == counted.messages);
  CHECK(stated.bytes_in == counted.bytes_in);
  CHECK(stated.bytes_out == counted.bytes_out);
  CHECK(stated.applications == counted.applications);

  if (algorithm.closed_form != nullptr && !counts_ports(algorithm))
    CHECK(algorithm.closed_form(request, test::kWholeCosts) ==
          expected_time(algorithm, plan, counted));

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
    for (const int ranks : rank_counts()) check_sizes(algorithm, ranks);
    for (const int ranks : large_rank_counts()) check_sizes(algorithm, ranks);
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
    if (!is_scan(algorithm)) continue;
    CollectiveRequest request = request_of(algorithm, 21, 3);
    request.suffix = true;
    INFO(algorithm.name);
    check_counts(algorithm, request);
  }
}

TEST_CASE("counts with local work on the chain or before it") {
  for (const Algorithm& algorithm : catalogue()) {
    if (!is_scan(algorithm)) continue;
    CollectiveRequest request = request_of(algorithm, 11, 3);
    request.local_work = {"kv", 1e6, kib(1)};
    INFO(algorithm.name);
    check_counts(algorithm, request);
  }
}

TEST_CASE("counts in slices, K = 2 to 9 and more than there are elements") {
  for (const Algorithm& algorithm : catalogue())
    for (const int slices : {2, 3, 9, 40})
      for (const int ranks : {1, 2, 3, 6, 13, 16}) {
        if (algorithm.operation == Operation::all_reduce && algorithm.name == "ring") continue;
        CollectiveRequest request = request_of(algorithm, ranks, 6 * ranks + 5);
        request.slices = slices;
        INFO(algorithm.name, " ranks ", ranks, " slices ", slices);
        check_counts(algorithm, request);
      }
}

// A ring in chunks: the chain is all ops of a lane, if all have the same size. Its other counts are
// exact for any size and number of channels; what channels share of a port only the simulator sees.
TEST_CASE("counts of the ring in chunks, with channels, and both ways around") {
  const Algorithm& ring = find_algorithm(Operation::all_reduce, "ring");
  for (const int ranks : {1, 2, 3, 5, 8, 13})
    for (const int channels : {1, 2, 3})
      for (const bool bidirectional : {false, true})
        for (const int chunks : {1, 2, 5}) {
          CollectiveRequest request = request_of(ring, ranks, 7 * ranks + 3);
          request.channels = channels;
          request.bidirectional = bidirectional;
          request.slices = chunks;
          INFO("ranks ", ranks, " channels ", channels, " chunks ", chunks);
          const Plan plan = build_plan(ring, request);
          const AlgorithmCounts counted = test::count(plan), stated = ring.counts(request);
          CHECK(stated.rounds == counted.rounds);
          CHECK(stated.messages == counted.messages);
          CHECK(stated.bytes_in == counted.bytes_in);
          CHECK(stated.bytes_out == counted.bytes_out);
          CHECK(stated.applications == counted.applications);
          CHECK(plan.ops.size() == ring.plan_size(request).ops);
          if (channels > 1 || bidirectional) continue;
          request.bytes = {4LL * ranks * chunks * 3};
          CHECK(ring.closed_form(request, test::kWholeCosts) ==
                test::longest_chain(build_plan(ring, request), test::kWholeCosts));
        }
}

// Ranks x ranks counts of 0 to 3, three in eight of them 0.
std::vector<std::int64_t> some_counts(int ranks, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(ranks) *
                                   static_cast<std::size_t>(ranks));
  for (std::int64_t& count : counts) count = std::max(0, static_cast<int>(random() % 8) - 2) / 2;
  counts.back() = 1;
  return counts;
}

TEST_CASE("counts of all-to-alls with unequal and empty blocks, in one group and in several") {
  for (const char* name : {"direct", "copy_engine"})
    for (const int ranks : some_rank_counts({1, 2, 3, 5, 8, 12, 72, 150}))
      for (const int elements : {1, 7, 100, 1000}) {
        const Algorithm& algorithm = find_algorithm(Operation::all_to_all, name);
        CollectiveRequest request = request_of(algorithm, ranks, elements);
        INFO(name, " ranks ", ranks, " elements ", elements);
        request.counts = some_counts(ranks, static_cast<unsigned>(ranks + elements));
        check_counts(algorithm, request);
        if (ranks == 12) {
          request.groups = {test::ranks_of({7, 3, 11, 0, 5}), test::ranks_of({10}),
                            test::ranks_of({1, 2, 9, 8})};
          check_counts(algorithm, request);
          request.groups.clear();
        }
        request.counts.resize(static_cast<std::size_t>(ranks));  // totals
        request.counts.back() = 2;
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
