#include <doctest/doctest.h>

#include <functional>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

using test::Frame;
using test::part;
using test::text_of;

// Rank r takes share r of the states of all ranks but the last and writes share r of every prefix.
Plan transpose_exscan(int ranks, std::int64_t elements) {
  Frame f({Operation::exscan, ranks, elements});
  for (int r = 0; r < ranks; ++r) {
    std::vector<Slice> sources, destinations;
    for (int s = 0; s < ranks - 1; ++s) sources.push_back(part(f.input(s), f.block(r), 1));
    for (int d = 0; d < ranks; ++d) destinations.push_back(part(f.output(d), f.block(r)));
    f.builder.scan_reduce(f.lane(r), Operator::decay_sum, sources, destinations, {});
  }
  return f.builder.finish();
}

// Rank r has the switch add share r and multicast the sum.
Plan multimem_all_reduce(int ranks, std::int64_t elements) {
  Frame f({Operation::all_reduce, ranks, elements});
  for (int r = 0; r < ranks; ++r) {
    std::vector<Slice> sources, destinations;
    for (int s = 0; s < ranks; ++s) {
      sources.push_back(part(f.input(s), f.block(r)));
      destinations.push_back(part(f.output(s), f.block(r)));
    }
    f.builder.multimem_reduce(f.lane(r), sources, destinations, {});
  }
  return f.builder.finish();
}

std::string first_finding(Plan plan, const std::function<void(Plan&)>& mutate) {
  mutate(plan);
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE_FALSE(proof.correct());
  return proof.findings[0].message;
}

// Slice `index` of op `op`, sources first.
Slice& slice(Plan& plan, std::size_t op, std::size_t index) {
  return plan.slices[plan.ops[op].first_slice + index];
}

TEST_CASE("prefixes of shares and sums in the switch are proved, ragged and empty shares too") {
  for (const int ranks : {1, 2, 3, 5, 8}) {
    for (const std::int64_t elements : {0, 1, 7, 40}) {
      for (const Plan& plan :
           {transpose_exscan(ranks, elements), multimem_all_reduce(ranks, elements)}) {
        const Proof proof = prove(plan);
        INFO(plan.name << ", " << ranks << " ranks, " << elements << ": " << text_of(proof));
        CHECK(proof.correct());
      }
    }
  }
}

// 4 ranks, 8 elements: op 1 is rank 1's; slices 0..2 are sources, 3..6 destinations.
TEST_CASE("mutations of a scan_reduce are named with rank and op") {
  const Plan plan = transpose_exscan(4, 8);
  CHECK(first_finding(plan, [](Plan& p) {
          slice(p, 1, 1).decay_power = 2;
        }).find("rank 1: op 1 uses a decay power") == 0);
  CHECK(first_finding(plan, [](Plan& p) {
          std::swap(slice(p, 1, 1), slice(p, 1, 2));
        }).find("rank 1: op 1 folds ranges of ranks that do not follow") == 0);
  CHECK(first_finding(plan, [](Plan& p) {
          slice(p, 1, 2).offset.count += 8;
        }).find("rank 1: op 1") == 0);
  // Prefixes one place early: rank 0's output gets what belongs to rank 1's.
  const auto shift = [](Plan& p) {
    for (std::size_t d = 6; d > 3; --d) std::swap(slice(p, 1, d), slice(p, 1, d - 1));
  };
  CHECK(first_finding(plan, shift).find("rank 0: output holds") == 0);
}

TEST_CASE("mutations of a sum in the switch are named with rank and op") {
  const Plan plan = multimem_all_reduce(4, 8);
  CHECK(first_finding(plan, [](Plan& p) {
          slice(p, 2, 1) = slice(p, 2, 0);
        }).find("rank 2: op 2 counts an input twice") == 0);
  CHECK(first_finding(plan, [](Plan& p) { slice(p, 2, 7) = slice(p, 2, 6); }).find("rank ") == 0);
}

TEST_CASE("what the new kinds may not be") {
  const Plan scan = transpose_exscan(3, 6);
  CHECK(first_finding(scan, [](Plan& p) {
          p.ops[0].sources = 1, slice(p, 0, 1) = slice(p, 0, 2);
        }).find("destinations; 1 sources have 2 prefixes") != std::string::npos);
  const Plan sum = multimem_all_reduce(3, 6);
  CHECK(first_finding(sum, [](Plan& p) {
          p.ops[0].oper = Operator::decay_sum;
        }).find("asks the switch for more than a sum") != std::string::npos);
  CHECK(first_finding(sum, [](Plan& p) {
          p.lanes[0] = {Rank{0}, Engine::nic, LaunchMode::graph, 0, KernelId{}, 0, 0, 0, 0};
        }).find("computes on a copy engine or NIC") != std::string::npos);
}

}  // namespace
}  // namespace twinlink::models
