#include <doctest/doctest.h>

#include <tuple>

#include "models/checks/proof.h"
#include "models/workloads/contention.h"
#include "tests/models/workloads/shapes.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using test::dwdp_request;
using test::small_shape;

std::size_t count_copies(const Plan& plan) {
  std::size_t copies = 0;
  for (const Op& op : plan.ops) copies += op.kind == OpKind::copy ? 1 : 0;
  return copies;
}

std::string message_of(const DwdpRequest& request) {
  try {
    check_dwdp(request);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// The first copy of each rank's pull of MoE layer `m`: an op with a dependency, on a copy lane.
std::vector<OpId> gated_copies(const Plan& plan) {
  std::vector<OpId> gated;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == OpKind::copy && !plan.deps_of(OpId{i}).empty())
      gated.push_back(OpId{i});
  return gated;
}

Plan without_dep(Plan plan, OpId op) {
  plan.deps.erase(plan.deps.begin() + plan.ops[op.index()].first_dep);
  for (std::size_t i = op.index() + 1; i < plan.ops.size(); ++i) --plan.ops[i].first_dep;
  return plan;
}

}  // namespace

TEST_CASE("placement: the coverage rule") {
  CHECK(even_placement(256, 4).local == 64);
  CHECK(even_placement(256, 4).prefetch == 64);
  CHECK(even_placement(256, 3).local == 86);  // 2 x 85 + 86 = 256
  CHECK(even_placement(256, 3).prefetch == 85);
  CHECK(even_placement(256, 1).local == 256);
}

TEST_CASE("pulled bytes per layer, DeepSeek-R1 in NVFP4") {
  const auto pulled = [](std::int32_t ranks) {
    return pulled_per_layer(dwdp_request(test::deepseek_r1(), ranks, {{1}})).count;
  };
  CHECK(pulled(3) == 4'211'343'360);  // 170 experts x 24,772,608
  CHECK(pulled(4) == 4'756'340'736);  // 192
  CHECK(pulled(8) == 5'549'064'192);  // 224
}

TEST_CASE("order of the pulls") {
  const std::vector<std::int64_t> tensors{10, 4};
  const auto peers = [&](PullRules rules, std::int32_t rank) {
    std::vector<std::int32_t> result;
    for (const Pull& pull : pulls_of(rules, tensors, 4, rank, 0)) result.push_back(pull.peer);
    return result;
  };
  using Peers = std::vector<std::int32_t>;
  CHECK(peers({}, 2) == Peers{0, 0, 1, 1, 3, 3});
  PullRules rotated;
  rotated.order = PullOrder::rotated;
  CHECK(peers(rotated, 2) == Peers{3, 3, 0, 0, 1, 1});
  rotated.slice = Bytes{6};  // the first tensor in two slices, the second in one
  CHECK(peers(rotated, 2) == Peers{3, 0, 1, 3, 0, 1, 3, 0, 1});
  const std::vector<Pull> sliced = pulls_of(rotated, tensors, 4, 2, 0);
  CHECK(sliced[3].offset == 6);
  CHECK(sliced[3].bytes == 4);
}

TEST_CASE("a forward of 4 ranks in 2 MiB slices has 526,176 copies") {
  // Per peer 448 + 224 + 56 + 28 slices, 3 peers, 58 layers, 4 ranks.
  DwdpRequest request = dwdp_request(test::deepseek_r1(), 4, {{8192}});
  request.pulls.slice = mib(2);
  request.pulls.in_flight = 2;
  CHECK(count_copies(build_dwdp(request)) == 526'176);
  request.pulls.slice = {};
  CHECK(count_copies(build_dwdp(request)) == 58 * 4 * 3 * 4);
}

TEST_CASE("grouped products read each expert once, tensor by tensor, where it lies") {
  // 3 ranks, 8 experts: 4 local (4 + 2 x 2), 2 from each peer; bf16, so two tensors an expert.
  for (const bool merge : {false, true}) {
    DwdpRequest request = dwdp_request(small_shape(), 3, {{100}});
    request.shape.feed_forward = test::kBf16;
    request.merge = merge;
    const Plan plan = build_dwdp(request);
    int found = 0;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      const OpId id{i};
      if (plan.ops[i].kind != OpKind::compute) continue;
      const Compute& work = plan.computes[plan.ops[i].detail];
      if (work.work != WorkKind::grouped_gemm) continue;
      ++found;
      REQUIRE(work.weight_sources == 6);
      const auto read = plan.sources(id);
      REQUIRE(read.size() == 6);
      const std::int64_t gate = 2 * 2 * 256 * 128, down = gate / 2;  // bytes of one expert
      for (const auto& [at, experts, bytes] :
           {std::tuple{0, 4, gate}, {1, 2, gate}, {2, 2, gate}, {3, 4, down}, {5, 2, down}})
        CHECK(read[static_cast<std::size_t>(at)].size.count == experts * bytes);
      CHECK((plan.buffer(read[0].buffer).role == BufferRole::weights) == !merge);
      CHECK(plan.buffer(read[1].buffer).role == BufferRole::scratch);
      CHECK(read[2].offset.count - read[1].offset.count == 2 * (gate + down));
    }
    CHECK(found == 15);  // 5 layers, 3 ranks
  }
}

TEST_CASE("the plans are right: structure, deadlock and races") {
  for (const std::int32_t ranks : {1, 2, 3, 4, 8})
    for (const bool merge : {false, true})
      for (const std::int64_t slice : {0, 4000})
        for (const int in_flight : {1, 2, 3}) {
          DwdpRequest request = dwdp_request(small_shape(), ranks, {{100, 50}});
          request.forwards.push_back(request.forwards.front());
          request.merge = merge;
          request.pulls.slice = Bytes{slice};
          request.pulls.in_flight = in_flight;
          request.pulls.submit = us(3);
          request.delays.assign(static_cast<std::size_t>(ranks), us(1));
          request.host = us(5);
          INFO("ranks " << ranks << " merge " << merge << " slice " << slice << " in flight "
                        << in_flight);
          const Proof proof = prove(build_dwdp(request));
          INFO((proof.findings.empty() ? "" : proof.findings[0].message));
          CHECK(proof.correct());
        }
}

TEST_CASE("mutation: a pull that does not wait for the layer that reads its slot is a race") {
  DwdpRequest request = dwdp_request(small_shape(), 4, {{100}});
  const Plan plan = build_dwdp(request);
  REQUIRE(check_races(plan).correct());
  const std::vector<OpId> gated = gated_copies(plan);
  REQUIRE(gated.size() == 4 * 3);  // 5 MoE layers; the first two of each rank wait for nothing
  for (const OpId op : gated) {
    const Proof proof = check_races(without_dep(plan, op));
    INFO("without the wait of op " << op.value);
    REQUIRE_FALSE(proof.correct());
    CHECK(proof.findings[0].op == op);
    CHECK(says(proof.findings[0].message, "of \"slot"));
  }
}

TEST_CASE("mutation: an expert layer that does not wait for its pull is a race") {
  const Plan plan = build_dwdp(dwdp_request(small_shape(), 2, {{100}}));
  std::size_t caught = 0;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    if (plan.ops[i].kind != OpKind::compute || plan.deps_of(OpId{i}).empty()) continue;
    CHECK_FALSE(check_races(without_dep(plan, OpId{i})).correct());
    ++caught;
  }
  CHECK(caught == 2 * 5);
}

TEST_CASE("all experts local: nothing moves") {
  DwdpRequest request = dwdp_request(small_shape(), 4, {{100}});
  request.placement = {8, 0};
  const Plan plan = build_dwdp(request);
  CHECK(count_copies(plan) == 0);
  CHECK(plan.lanes.size() == 4);
  CHECK(prove(plan).correct());
}

TEST_CASE("impossible set-ups are refused with the arithmetic") {
  DwdpRequest request = dwdp_request(test::deepseek_r1(), 4, {{8192}});
  request.hbm_capacity = mib(189'471);
  CHECK(message_of(request) == "accepted");
  // 64 experts x 24,772,608 x 58 = 91.956 GB; two buffers of 192 experts 9.513 GB.
  CHECK(dwdp_memory(request).local_experts.count == 91'955'920'896);
  CHECK(dwdp_memory(request).slots.count == 9'512'681'472);
  request.placement = {160, 32};
  CHECK(says(message_of(request), "local experts (160 of 256 in 58 layers)"));
  CHECK(says(message_of(request), "do not fit in 198.7 GB"));
  request = dwdp_request(test::deepseek_r1(), 4, {{8192}});
  request.placement = {64, 63};
  CHECK(
      says(message_of(request), "(4 - 1) x 63 + 64 = 253 experts are covered, the model has 256"));
  request.pulls.depth = 3;  // both at once
  CHECK(says(message_of(request), "3 layers deep needs as many buffers, there are 2"));
  CHECK(says(message_of(request), "253 experts"));
  request = dwdp_request(small_shape(), 9, {{100}});
  CHECK(says(message_of(request), "8 experts cannot be shared out over 9 ranks"));
}

TEST_CASE("contention: the published law, and the same by drawing") {
  struct Row {
    int ranks;
    std::vector<double> percent;
  };
  for (const Row& row :
       {Row{3, {50, 50}}, Row{4, {44.44, 44.44, 11.11}}, Row{6, {40.96, 40.96, 15.36, 2.56, 0.16}},
        Row{8, {39.66, 39.66, 16.52, 3.67, 0.46}}, Row{16, {38.06, 38.06, 17.67, 5.05, 0.99}}}) {
    constexpr std::uint64_t kSeed = 7;
    INFO("ranks " << row.ranks << " seed " << kSeed);
    const std::vector<double> law = contention_law(row.ranks);
    // 200,000 slots of N correlated observations: one sigma is at most 0.11 points.
    const std::vector<double> drawn = draw_contention(row.ranks, 200'000, kSeed);
    for (std::size_t k = 0; k < row.percent.size(); ++k) {
      CHECK(100 * law[k] == doctest::Approx(row.percent[k]).epsilon(0.01));
      CHECK(std::abs(100 * drawn[k] - row.percent[k]) < 0.5);
    }
  }
}

}  // namespace twinlink::models
