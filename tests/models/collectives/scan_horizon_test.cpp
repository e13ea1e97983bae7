// The decay-horizon scan: how far heads look back, that the claim says it, and what is left out.
#include <doctest/doctest.h>

#include <cmath>

#include "models/checks/proof.h"
#include "models/collectives/scan_decay_horizon.h"
#include "models/definition.h"
#include "tests/models/collectives/plan_counting.h"
#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

constexpr double kFp32 = 1.0 / (1 << 24);

// ALiBi slopes of 12 heads: decay per chunk of `tokens` is exp(-slope x tokens).
std::vector<double> alibi_decays(double tokens) {
  std::vector<double> decays;
  for (int i = 1; i <= 8; ++i) decays.push_back(std::exp(-std::exp2(-i) * tokens));
  for (int i = 0; i < 4; ++i) decays.push_back(std::exp(-std::exp2(-0.5 - i) * tokens));
  return decays;
}

CollectiveRequest horizon_request(Operation operation, int ranks, std::int64_t elements) {
  CollectiveRequest request = request_of(operation, ranks, elements);
  request.heads = 12;
  request.decays = alibi_decays(512);
  return request;
}

TEST_CASE("horizons of the published slopes") {
  struct Row {
    double tokens;
    int sum, most;
  };
  // ceil(16.64 / (slope x tokens)). 512: 9 5 3 2 and eight 1; 2048: 3 2 and ten 1.
  for (const Row& row : {Row{512, 27, 9}, Row{2048, 15, 3}, Row{8192, 12, 1}}) {
    int sum = 0, most = 0;
    for (const double decay : alibi_decays(row.tokens)) {
      const int horizon = decay_horizon(decay, kFp32, 72);
      sum += horizon;
      most = std::max(most, horizon);
    }
    CHECK(sum == row.sum);
    CHECK(most == row.most);
  }
  CHECK(decay_horizon(1, kFp32, 72) == 72);
  CHECK(decay_horizon(0, kFp32, 72) == 1);
  CHECK(decay_horizon(0.5, kFp32, 72) == 24);  // 2^-24, exactly
  CHECK(decay_horizon(0.5, kFp32, 5) == 5);
  CHECK(decay_horizon(0.5, 0, 72) == 72);
}

TEST_CASE("decay horizon is proved within what its claim says, and counted") {
  const AlphaBetaGamma costs{1000, 0, 0};
  for (const Operation operation : {Operation::exscan, Operation::scan}) {
    const Algorithm& algorithm = find_algorithm(operation, "decay_horizon");
    for (const int ranks : {1, 2, 3, 4, 5, 8, 9, 10, 11, 21, 72, 130, 576})
      for (const int elements : {0, 5, 12, 50})
        for (const bool suffix : {false, true}) {
          CollectiveRequest request = horizon_request(operation, ranks, elements);
          request.suffix = suffix;
          CAPTURE(ranks);
          CAPTURE(elements);
          const Plan plan = build_plan(algorithm, request);
          CHECK(plan.claims[0].horizons.size() == 12);
          CHECK(prove(plan).correct());
          const AlgorithmCounts counted = test::count(plan), stated = algorithm.counts(request);
          CHECK(stated.rounds == counted.rounds);
          CHECK(stated.messages == counted.messages);
          CHECK(stated.bytes_in == counted.bytes_in);
          CHECK(stated.bytes_out == counted.bytes_out);
          CHECK(stated.applications == counted.applications);
          CHECK(algorithm.closed_form(request, costs) == test::longest_chain(plan, costs));
          CHECK(plan.ops.size() <= algorithm.plan_size(request).ops);
          CHECK(plan.slices.size() <= algorithm.plan_size(request).slices);
        }
  }
}

TEST_CASE("decay horizon with local work and several groups is proved") {
  CollectiveRequest request = horizon_request(Operation::scan, 9, 40);
  request.local_work = {"kv", 1e6, kib(4)};
  request.groups = {test::ranks_of({8, 2, 5, 0}), test::ranks_of({1, 2, 3})};
  CHECK(prove(test::build(Operation::scan, "decay_horizon", request)).correct());
}

TEST_CASE("without decays the decay horizon is the direct gather") {
  const CollectiveRequest request = request_of(Operation::exscan, 9, 7);
  const Plan plan = test::build(Operation::exscan, "decay_horizon", request);
  const Plan gather = test::build(Operation::exscan, "gather_direct", request);
  CHECK(plan.slices.size() == gather.slices.size());
  CHECK(plan.ops.size() == gather.ops.size());
}

TEST_CASE("a horizon that misses a member, or has one too many, is caught") {
  const CollectiveRequest request = horizon_request(Operation::exscan, 12, 24);
  Plan plan = test::build(Operation::exscan, "decay_horizon", request);
  ++plan.claims[0].horizons[7];  // the slowest head: 9, now 10
  Proof proof = prove(plan);
  CHECK(proof.wrong_ranks == test::ranks_of({10, 11}));
  plan.claims[0].horizons[7] -= 2;
  proof = prove(plan);
  CHECK(proof.wrong_ranks == test::ranks_of({9, 10, 11}));
  CHECK(proof.findings[0].message.find("the fold of ranks 0..8, the claim wants the fold of ranks "
                                       "1..8") != std::string::npos);
  plan.claims[0].horizons.pop_back();
  CHECK(prove(plan).findings.at(0).message.find("horizon") != std::string::npos);
  plan.claims[0].horizons.clear();
  CHECK(!prove(plan).correct());  // no longer a scan of everything
}

TEST_CASE("what the horizon leaves out is within the stated bound, and is left out") {
  CollectiveRequest request = horizon_request(Operation::exscan, 20, 240);
  request.horizon_error = 1e-3;
  Plan plan = test::build(Operation::exscan, "decay_horizon", request);
  const Inputs inputs{1, Arithmetic::element, request.decays};
  const Values within = expected_outputs(plan, plan.claims[0], inputs);
  plan.claims[0].horizons.clear();
  const Values all = expected_outputs(plan, plan.claims[0], inputs);
  double worst = 0;
  for (std::size_t m = 0; m < all.size(); ++m)
    for (std::size_t e = 0; e < all[m].size(); ++e) {
      const double a =
          request.decays[static_cast<std::size_t>(head_of(static_cast<std::int64_t>(e), 240, 12))];
      const double off = std::abs(all[m][e] - within[m][e]);
      CHECK(off <= 1e-3 / (1 - a));  // inputs lie in [-1, 1)
      worst = std::max(worst, off);
    }
  CHECK(worst > 1e-6);
}

TEST_CASE("decays that do not fit are refused") {
  CollectiveRequest request = horizon_request(Operation::exscan, 4, 24);
  request.decays = {0.5, 1.5};
  request.horizon_error = 1;
  std::string message;
  try {
    test::build(Operation::exscan, "decay_horizon", request);
  } catch (const std::exception& error) {
    message = error.what();
  }
  CHECK(message ==
        "/params/decays: 2 decays for 12 heads\n"
        "/params/decays/1: a decay lies between 0 and 1\n"
        "/params/horizon_error: must be at least 0 and less than 1");
}

}  // namespace
}  // namespace twinlink::models
