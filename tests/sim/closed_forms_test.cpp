// Closed forms of all collectives against the simulator on the ideal crossbar: B = 900 GB/s, 2 us.
#include <doctest/doctest.h>

#include "tests/sim/machines.h"
#include "tests/support/rank_counts.h"

namespace twinlink::sim::test {
namespace {

using models::Algorithm;
using models::AlphaBetaGamma;
using models::CollectiveRequest;
using models::Operation;

constexpr AlphaBetaGamma kCrossbar{2e-6, 1 / 900e9, 0};

bool is_scan(const Algorithm& algorithm) {
  return algorithm.operation == Operation::scan || algorithm.operation == Operation::exscan;
}
bool is_tree(const Algorithm& algorithm) { return algorithm.name == "double_binary_tree"; }

CollectiveRequest elements_request(const Algorithm& algorithm, int ranks, std::int64_t elements) {
  return test::request_for(algorithm, ranks, Bytes{4 * elements});
}

double simulated_ps(const Algorithm& algorithm, const CollectiveRequest& request) {
  return static_cast<double>(simulate_ideal(build_plan(algorithm, request)).makespan().ps);
}

// Ends are rounded up to whole picoseconds: at most one per op of the longest chain, of which an op
// in two touches other ranks, and 1e-12 of the time for the doubles of the formula.
void check_equal(const Algorithm& algorithm, const CollectiveRequest& request) {
  INFO(name_of(algorithm.operation), " ", algorithm.name, " ranks ", request.gpu_of_rank.size(),
       " bytes ", request.bytes.count);
  const double exact = algorithm.closed_form(request, kCrossbar) * 1e12;
  const double time = simulated_ps(algorithm, request);
  CHECK(time >= exact * (1 - 1e-12));
  CHECK(time <=
        exact * (1 + 1e-12) + static_cast<double>(2 * algorithm.counts(request).rounds + 2));
}

// Shares, and those of the largest power of two, are whole and equal.
std::int64_t equal_elements(int ranks) { return std::int64_t{1024} * ranks; }

template <class Check>
void for_each_collective(const Check& check) {
  for (const Algorithm& algorithm : models::catalogue())
    if (!is_scan(algorithm) && algorithm.beyond == nullptr && algorithm.closed_form != nullptr)
      check(algorithm);
}

TEST_CASE("equal shares: the closed form is the time, but for trees that share ports") {
  for_each_collective([](const Algorithm& algorithm) {
    if (is_tree(algorithm)) return;
    for (const int ranks :
         some_rank_counts({1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 31, 33, 64, 72, 130, 144})) {
      check_equal(algorithm, elements_request(algorithm, ranks, equal_elements(ranks)));
      check_equal(algorithm, elements_request(algorithm, ranks, 64 * equal_elements(ranks)));
    }
    if (kSanitized) return;  // up to 22,500 flows at once
    const CollectiveRequest large = elements_request(algorithm, 576, equal_elements(576));
    if (algorithm.plan_size(large).slices < 1'000'000) check_equal(algorithm, large);
  });
}

TEST_CASE(
    "unequal shares: the time lies between those of equal shares a little smaller and larger") {
  for_each_collective([](const Algorithm& algorithm) {
    if (is_tree(algorithm)) return;
    for (const int ranks : {2, 3, 5, 8, 13, 16, 31}) {
      const std::int64_t whole = equal_elements(ranks), more = whole + equal_elements(ranks);
      const double time =
          simulated_ps(algorithm, elements_request(algorithm, ranks, whole + ranks / 2 + 1));
      INFO(name_of(algorithm.operation), " ", algorithm.name, " ranks ", ranks);
      CHECK(time >= algorithm.closed_form(elements_request(algorithm, ranks, whole), kCrossbar) *
                        1e12 * (1 - 1e-12));
      CHECK(time <=
            algorithm.closed_form(elements_request(algorithm, ranks, more), kCrossbar) * 1e12);
    }
  });
}

TEST_CASE(
    "blocks of unequal sizes take no less than their closed form, and exactly that where one port "
    "has it all") {
  for (const char* name : {"direct", "copy_engine"}) {
    const Algorithm& algorithm = models::find_algorithm(Operation::all_to_all, name);
    for (const int ranks : {2, 3, 5, 8, 16}) {
      CollectiveRequest request = elements_request(algorithm, ranks, 100'000);
      for (int pair = 0; pair < ranks * ranks; ++pair) request.counts.push_back(pair * 7 % 5);
      INFO(name, " ranks ", ranks);
      CHECK(simulated_ps(algorithm, request) >=
            algorithm.closed_form(request, kCrossbar) * 1e12 * (1 - 1e-12));
      // All send to rank 0 alone.
      for (int pair = 0; pair < ranks * ranks; ++pair)
        request.counts[static_cast<std::size_t>(pair)] = pair % ranks == 0 ? 1 : 0;
      check_equal(algorithm, request);
    }
  }
}

TEST_CASE("two ranks: the trees' transfers never meet, so the closed form is the time") {
  // Each rank pulls half of the data once upwards and once downwards: 2 (2 us + n / 2 / B).
  const Algorithm& tree = models::find_algorithm(Operation::all_reduce, "double_binary_tree");
  CollectiveRequest request = elements_request(tree, 2, 1 << 20);
  request.slices = 1;
  check_equal(tree, request);
  CHECK(tree.closed_form(request, kCrossbar) ==
        doctest::Approx(4e-6 + 4.0 * (1 << 20) / 900e9).epsilon(1e-12));
}

// At an inner member at most four transfers share a port: two children up, the parent down, and one
// of the other tree; six where P is odd and a member may be inner in both. So no transfer is slower
// than the formula's by more than that factor, its latency not at all.
TEST_CASE("trees: between the closed form and that of ports shared by all their transfers") {
  const Algorithm& tree = models::find_algorithm(Operation::all_reduce, "double_binary_tree");
  for (const int ranks : some_rank_counts({3, 4, 5, 8, 13, 16, 64, 72, 130}))
    for (const std::int64_t elements :
         {std::int64_t{1}, std::int64_t{1} << 14, std::int64_t{1} << 22}) {
      INFO("ranks ", ranks, " elements ", elements);
      const CollectiveRequest request = elements_request(tree, ranks, elements);
      AlphaBetaGamma shared = kCrossbar;
      shared.beta *= ranks % 2 == 0 ? 4 : 6;
      const double time = simulated_ps(tree, request);
      CHECK(time >= tree.closed_form(request, kCrossbar) * 1e12 * (1 - 1e-12));
      CHECK(time <= tree.closed_form(request, shared) * 1e12 +
                        static_cast<double>(4 * tree.counts(request).rounds));
    }
}

TEST_CASE(
    "rings in chunks, with channels and both ways around: they share a port and step together") {
  const Algorithm& ring = models::find_algorithm(Operation::all_reduce, "ring");
  for (const int ranks : {2, 3, 8, 13})
    for (const int channels : {1, 2, 4})
      for (const bool bidirectional : {false, true})
        for (const int chunks : {1, 4}) {
          CollectiveRequest request = elements_request(ring, ranks, std::int64_t{4096} * ranks);
          request.channels = channels;
          request.bidirectional = bidirectional;
          request.slices = chunks;
          check_equal(ring, request);
        }
}

TEST_CASE("hierarchical over domains on one switch") {
  const Algorithm& algorithm = models::find_algorithm(Operation::all_reduce, "hierarchical");
  for (const int domains : {2, 3, 4})
    for (const int members : {1, 2, 4, 8}) {
      CollectiveRequest request =
          elements_request(algorithm, domains * members, std::int64_t{1024} * domains * members);
      for (int r = 0; r < domains * members; ++r) request.domain_of_rank.push_back(r / members);
      check_equal(algorithm, request);
    }
}

}  // namespace
}  // namespace twinlink::sim::test
