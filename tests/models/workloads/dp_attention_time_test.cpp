// What the simulator says of the layers where the answer can be worked out.
#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "models/library/lower.h"
#include "tests/models/workloads/dp_attention_requests.h"
#include "tests/sim/machines.h"

using namespace twinlink;
using namespace twinlink::models;
using namespace twinlink::sim::test;

namespace {

double us(const Plan& plan, const topology::Topology& machine, const CalibrationProfile& profile) {
  return static_cast<double>(simulate(plan, machine, profile).makespan().ps) * 1e-6;
}

Plan layer(DpAttentionRequest request, Combine combine) {
  request.combine = combine;
  return build_dp_attention(request);
}

// 8 ranks with 2048 tokens of 7168 bf16 each: S = 234,881,024 bytes.
DpAttentionRequest prefill(int dp) {
  DpAttentionRequest request = dp_request(8, dp, 16384 / dp);
  request.hidden = 7168;
  request.element = ElementType::bf16;
  return request;
}

}  // namespace

TEST_CASE("On the ideal crossbar the reduce-scatter saves the all-gather half") {
  // 7 steps of a ring, each 2 us of links and S / 8 at 900 GB/s; the copy of own rows is free.
  const double saved = us(layer(prefill(8), Combine::all_reduce), crossbar(8), ideal_profile()) -
                       us(layer(prefill(8), Combine::reduce_scatter), crossbar(8), ideal_profile());
  CHECK(saved == doctest::Approx(7 * (2 + 234881024.0 / 8 / 900e3)).epsilon(1e-6));  // ps
  // Groups of 2: the all-gather in the group, one step of S / 8, goes off the gain.
  const double less = us(layer(prefill(4), Combine::all_reduce), crossbar(8), ideal_profile()) -
                      us(layer(prefill(4), Combine::reduce_scatter), crossbar(8), ideal_profile());
  CHECK(less == doctest::Approx(6 * (2 + 234881024.0 / 8 / 900e3)).epsilon(1e-6));
}

TEST_CASE("Compute takes its time, whatever the rates") {
  DpAttentionRequest request = prefill(8);
  const double before = us(build_dp_attention(request), crossbar(8), ideal_profile());
  request.attention.fixed = Duration{100'000'000};
  request.mlp.fixed = Duration{250'000'000};
  const double after = us(build_dp_attention(request), crossbar(8), ideal_profile());
  CHECK(after - before == doctest::Approx(350).epsilon(1e-9));
  request.layers = 3;
  CHECK(us(build_dp_attention(request), crossbar(8), ideal_profile()) ==
        doctest::Approx(3 * after).epsilon(1e-9));
}

TEST_CASE("NCCL's LL128 rings hide hops behind the transfer where steps are cut in pieces") {
  DpAttentionRequest request = prefill(8);
  request.tokens.assign(8, 128);  // 14,680,064 bytes: LL128 without NVLS
  request.algorithms = kNccl;
  LibraryMachine machine = library_machine(topology::make_preset("hgx-b200", 8));
  machine.multicast = false;
  CalibrationProfile profile = ideal_profile();
  profile.nccl_hop_ll128.value = 1.5;     // us
  profile.nccl_channel_ll128.value = 20;  // GB/s, 32 of them
  const Plan plan = layer(request, Combine::reduce_scatter);
  const auto time = [&](std::int32_t pieces) {
    machine.ll128_pieces = pieces;
    const Plan lowered = lower(plan, machine).plan;
    CHECK(prove(lowered).correct());
    return us(lowered, topology::make_preset("hgx-b200", 8), profile);
  };
  // Two rings of 7 hops, each step S / 8 at 640 GB/s: 2.87 us. Of 8 pieces 7 hide the hop, so that
  // of every 1.5 us nothing is left but the first piece's way.
  CHECK(time(1) - time(8) == doctest::Approx(2 * 6 * 1.5).epsilon(0.2));
}

TEST_CASE("Never faster than its bound, and never slower on faster links") {
  for (const int dp : {8, 4, 2})
    for (const Combine combine : {Combine::all_reduce, Combine::reduce_scatter})
      for (const CollectiveNames& names : {CollectiveNames{}, kDirect, kNccl}) {
        CAPTURE(dp);
        CAPTURE(names.all_reduce);
        DpAttentionRequest request = prefill(dp);
        request.algorithms = names;
        const Plan plan = layer(request, combine);
        const auto slow = topology::make_preset("hgx-h100", 8);
        const auto fast = topology::make_preset("hgx-b200", 8);
        const auto result = sim::SimExecutor(fast, costly_profile()).simulate(plan);
        CHECK(result.timeline.makespan() >= result.lower_bound.time());
        if (names.all_reduce == "nccl") continue;  // chooses other channels on other machines
        CHECK(us(plan, fast, costly_profile()) <= us(plan, slow, costly_profile()));
      }
}
