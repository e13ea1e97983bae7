#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "models/checks/proof.h"
#include "models/workloads/batches.h"
#include "tests/models/workloads/shapes.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using test::dep_request;
using test::small_shape;

}  // namespace

TEST_CASE("a token misses a quarter of the experts with probability C(192,8) / C(256,8)") {
  CHECK(1 - reach_probability(0.25, 256, 8) == doctest::Approx(0.09645).epsilon(1e-4));
  CHECK(reach_probability(1, 256, 8) == 1);
  CHECK(reach_probability(0, 256, 8) == 0);
}

TEST_CASE("loads: shares of all experts, and how hot the hottest of four ranks is") {
  CHECK(rank_shares(draw_loads({}, 256, 0), 4)[2] == doctest::Approx(0.25));  // balanced
  // Log-uniform over 10^4: CV^2 of one load is ln(10^4) / 2 - 1 = 3.6; of a rank's 64 experts
  // sqrt(3.6 / 64) = 0.237; the largest of four is 1.03 sigma above the mean: 1.24. Over 400 draws
  // one sigma of the mean is 0.01; three of them, and 0.02 for tails that are not Gaussian.
  double hottest = 0;
  for (std::int64_t layer = 0; layer < 400; ++layer) {
    const std::vector<double> shares = rank_shares(draw_loads({1.01, 1e4, 3}, 256, layer), 4);
    double sum = 0;
    for (const double share : shares) sum += share;
    CHECK(sum == doctest::Approx(1));
    hottest += 4 * *std::max_element(shares.begin(), shares.end()) / 400;
  }
  CHECK(std::abs(hottest - 1.24) < 0.05);
}

TEST_CASE("batches: lengths, packing and empty places") {
  RequestLaw law;
  law.ratio = 0.8;
  double sum = 0, squares = 0, count = 0;
  law.arrived = 0.44;
  law.max_requests = 4;
  for (const auto& batches : draw_batches(law, 1000, 4))
    for (const Batch& batch : batches) {
      CHECK(batch.tokens() <= 32'768);
      for (const std::int64_t length : batch.lengths) CHECK((length > 6'553 && length <= 8'192));
      const auto tokens = static_cast<double>(batch.tokens());
      sum += tokens, squares += tokens * tokens, count += 1;
    }
  const double mean = sum / count;
  // 2, 3 and 4 requests with probabilities 0.06 / 0.56 and twice 0.25 / 0.56: mean 3.339, variance
  // 0.439; 16,000 / 4 draws leave one sigma of 0.3 %.
  CHECK(mean == doctest::Approx(3.339 * 7373).epsilon(0.01));
  CHECK(std::sqrt(squares / count - mean * mean) / mean == doctest::Approx(0.2).epsilon(0.05));
}

TEST_CASE("the plans are right: structure, deadlock and races") {
  for (const std::int32_t ranks : {1, 2, 3, 4, 8}) {
    DepRequest request = dep_request(small_shape(), ranks, {{100, 50}});
    request.forwards[0][0].lengths = {10};
    request.forwards.push_back(request.forwards[0]);
    request.host = us(3);
    request.loads.clear();
    for (std::int64_t layer = 0; layer < 10; ++layer)
      request.loads.push_back(rank_shares(draw_loads({1.01, 100, 5}, 8, layer), ranks));
    const Proof proof = prove(build_dep(request));
    INFO("ranks " << ranks << (proof.findings.empty() ? "" : proof.findings[0].message));
    CHECK(proof.correct());
  }
}

TEST_CASE("mutation: meetings that order nothing are races") {
  Plan plan = build_dep(dep_request(small_shape(), 4, {{100, 50}}));
  for (Rendezvous& r : plan.rendezvous) r.edge = Edge::flag_relaxed;
  CHECK_FALSE(check_races(plan).correct());
}

TEST_CASE("refused with the arithmetic") {
  DepRequest request = dep_request(test::deepseek_r1(), 1, {{100}});
  request.hbm_capacity = mib(189'471);
  CHECK_THROWS_WITH_AS(build_dep(request), doctest::Contains("do not fit in 198674743296"),
                       InputError);
  request = dep_request(small_shape(), 2, {{100}});
  request.loads.pop_back();
  CHECK_THROWS_WITH_AS(build_dep(request), doctest::Contains("5, not 4"), InputError);
}

}  // namespace twinlink::models
