#include <doctest/doctest.h>

#include <random>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

constexpr std::uint64_t kSeed = 20250101;

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  void mutate(Plan& plan) {
    switch (random_() % 8) {
      case 0: return change(pick(plan.slices).buffer.value);
      case 1: return change(pick(plan.slices).offset.count);
      case 2: return change(pick(plan.slices).size.count);
      case 3: return change(pick(plan.slices).decay_power);
      case 4: return change_op(pick(plan.ops));
      case 5: return change_dep(plan);
      case 6: return change_tables(plan);
      default: std::swap(pick(plan.ops), pick(plan.ops));
    }
  }

 private:
  template <class T>
  T& pick(std::vector<T>& items) {
    return items[random_() % items.size()];
  }

  // Mostly a step nearby, sometimes anything.
  template <class Int>
  void change(Int& value) {
    const auto any = static_cast<Int>(random_());
    const auto near = static_cast<Int>(static_cast<std::int64_t>(random_() % 17) - 8);
    if (random_() % 4 == 0)
      value = any;
    else if (value < 1'000'000 && (value > 8 || near >= 0))
      value = static_cast<Int>(value + near);
  }

  void change_op(Op& op) {
    switch (random_() % 6) {
      case 0: return change(op.lane.value);
      case 1: return change(op.first_slice);
      case 2: return change(op.first_dep);
      case 3: return change(op.sources);
      case 4: op.kind = static_cast<OpKind>(random_() % 5); return;
      default: op.oper = static_cast<Operator>(random_() % 4);
    }
  }

  void change_dep(Plan& plan) {
    if (plan.deps.empty()) return;
    Dep& dep = pick(plan.deps);
    dep.op = static_cast<std::uint32_t>(random_() % (plan.ops.size() + 2)) & 0x3FF'FFFF;
    dep.edge = random_() & 0xF;
  }

  void change_tables(Plan& plan) {
    switch (random_() % 6) {
      case 0: return change(pick(plan.buffers).size.count);
      case 1: return change(pick(plan.buffers).rank.value);
      case 2: pick(plan.buffers).role = static_cast<BufferRole>(random_() % 6); return;
      case 3: return change(pick(plan.lanes).rank.value);
      case 4: return change(pick(pick(plan.claims).outputs).value);
      default: return change(pick(plan.groups[0].members).value);
    }
  }

  std::mt19937_64 random_;
};

TEST_CASE("no plan crashes the checks, however it is damaged") {
  const std::vector<Plan> plans{
      test::ring_all_reduce(4, 10),      test::ring_all_reduce(3, 10, true),
      test::chain_exscan(5, 6, true),    test::lasp_tree(8, false),
      test::direct_all_to_all(3, 10),    test::two_shot_all_reduce(4, 9, Edge::flag_fenced),
      test::ring_all_reduce(2, 100'000),
  };
  int rejected = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Mutator mutator(kSeed + i);
    Plan plan = plans[i % plans.size()];
    for (std::uint64_t k = 0; k <= i % 3; ++k) mutator.mutate(plan);
    INFO("seed " << kSeed + i);
    const Proof proof = prove(plan);
    CHECK(proof.findings.size() ==
          std::min<std::size_t>(static_cast<std::size_t>(proof.total), kMaxFindings));
    check_races(plan);
    check_residency(plan, 8);
    rejected += proof.correct() ? 0 : 1;
  }
  // Some mutations change nothing (a swap of an op with itself, an edge that is as good).
  CHECK(rejected > 2000);
}

}  // namespace
}  // namespace twinlink::models
