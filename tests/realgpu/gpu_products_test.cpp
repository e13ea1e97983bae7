// Layers of a model on GPUs: products compared with their definition, and what that catches.
#include <optional>

#include "models/workloads/dwdp.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::testing;
using models::Plan;

namespace {

models::DwdpRequest request_on(const std::vector<std::int32_t>& gpus) {
  models::DwdpRequest request;
  models::TransformerShape& s = request.shape;
  s.name = "small";
  s.layers = 5, s.dense_layers = 1;
  s.hidden = 512, s.dense_inter = 1024, s.expert_inter = 256;
  s.routed = 8, s.shared = 1, s.top_k = 2, s.vocabulary = 1000;
  s.attention = {models::AttentionKind::gqa, 4, 2, 64, 64, 0, 0, 0};
  request.gpu_of_rank = gpus;
  request.placement = models::even_placement(s.routed, request.ranks());
  request.forwards = {std::vector<models::Batch>(gpus.size(), {{128, 64}})};
  return request;
}

// Null, with the reason printed, without cuBLAS.
std::optional<models::Numbers> numbers_of(const Plan& plan) {
  try {
    return execute(plan, {}, false, realgpu::Mode::stream).numbers;
  } catch (const UnsupportedError& error) {
    MESSAGE("skipped: " << error.what());
    return std::nullopt;
  }
}

OpId first_of(const Plan& plan, models::OpKind kind) {
  std::size_t at = 0;
  while (plan.ops[at].kind != kind) ++at;
  return OpId{at};
}

// The first op of that kind waits for nobody.
Plan without_deps(Plan plan, models::WorkKind kind) {
  std::size_t at = 0;
  while (plan.ops[at].kind != models::OpKind::compute ||
         plan.computes[plan.ops[at].detail].work != kind)
    ++at;
  const std::uint32_t first = plan.ops[at].first_dep;
  const std::uint32_t count = plan.ops[at + 1].first_dep - first;
  plan.deps.erase(plan.deps.begin() + first, plan.deps.begin() + first + count);
  for (std::size_t i = at + 1; i < plan.ops.size(); ++i) plan.ops[i].first_dep -= count;
  return plan;
}

}  // namespace

TEST_CASE("weight prefetch: products of every layer equal their definition, bit for bit") {
  if (no_device()) return;
  for (const int ranks : {2, 4})
    for (const bool merge : {false, true})
      for (const std::int64_t slice : {std::int64_t{0}, std::int64_t{100'000}}) {
        models::DwdpRequest request = request_on(spread(ranks));
        request.merge = merge;
        request.pulls.slice = Bytes{slice};
        request.pulls.in_flight = 2;
        const auto numbers = numbers_of(models::build_dwdp(request));
        if (!numbers) return;
        CAPTURE(ranks);
        CAPTURE(merge);
        CHECK_MESSAGE(numbers->correct, numbers->reason);
      }
}

TEST_CASE("weight prefetch: an expert that does not come, or is not waited for, is caught") {
  if (no_device()) return;
  Plan lost = models::build_dwdp(request_on(spread(2)));
  const models::Op& copy = lost.op(first_of(lost, models::OpKind::copy));
  for (const std::size_t slice : {0, 1}) lost.slices[copy.first_slice + slice].size = Bytes{0};
  // Copies are handed over 20 ms late, and the first layer does not wait for them.
  models::DwdpRequest late = request_on(spread(2));
  late.pulls.submit = Duration{20'000'000'000};
  const Plan early = without_deps(models::build_dwdp(late), models::WorkKind::grouped_gemm);
  for (const Plan& plan : {lost, early}) {
    const auto numbers = numbers_of(plan);
    if (!numbers) return;
    CHECK(!numbers->correct);
    CHECK(numbers->reason.find("grouped_gemm") != std::string::npos);
  }
}

TEST_CASE("products are refused in fused mode") {
  if (no_device()) return;
  const Plan plan = models::build_dwdp(request_on(spread(2)));
  CHECK_THROWS_WITH_AS(execute(plan, {}, false, realgpu::Mode::fused),
                       doctest::Contains("products"), UnsupportedError);
}

TEST_CASE("products in fp4 are refused with the op and what has them") {
  if (no_device()) return;
  models::DwdpRequest request = request_on(spread(2));
  request.shape.feed_forward = {models::Precision::fp4, 0.5, 0.0625};
  CHECK_THROWS_WITH_AS(execute(models::build_dwdp(request), {}, false, realgpu::Mode::stream),
                       doctest::Contains("fp4"), UnsupportedError);
}
