#include "models/definition.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/definition_buffers.h"
#include "models/definition_elements.h"
#include "models/plan/plan_builder.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::models;

namespace {

struct Request {
  Operation operation = Operation::all_reduce;
  std::vector<Rank> members;
  std::int64_t elements = 4;  // of each input
  ElementType element = ElementType::fp32;
  std::int32_t heads = 1;
  bool suffix = false;
};

std::vector<Rank> first_ranks(int count) {
  std::vector<Rank> ranks;
  for (int r = 0; r < count; ++r) ranks.push_back(Rank{r});
  return ranks;
}

// A plan without ops: one claim on fresh buffers.
Plan claim_of(const Request& request) {
  PlanBuilder b("claim",
                1 + std::max_element(request.members.begin(), request.members.end())->value);
  Claim claim{
      request.operation, request.suffix, b.add_group(request.members), request.heads, {}, {}};
  const std::int64_t width = size_of(request.element);
  for (std::size_t m = 0; m < request.members.size(); ++m) {
    const Rank rank = request.members[m];
    claim.inputs.push_back(b.add_buffer(
        {rank, BufferRole::input, request.element, Bytes{width * request.elements}, "in"}));
    claim.outputs.push_back(b.add_buffer(
        {rank, BufferRole::output, request.element, Bytes{width * request.elements}, "out"}));
  }
  b.add_claim(std::move(claim));
  return b.finish();
}

// The sentence of the InputError that `run` throws; "" if it throws none.
template <class Run>
std::string refusal(const Run& run) {
  try {
    run();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("inputs of sums keep every partial sum within 256") {
  for (const int members : {1, 2, 3, 8, 72, 130, 256, 576, 4096}) {
    Claim claim;
    claim.operation = Operation::all_reduce;
    claim.inputs.resize(static_cast<std::size_t>(members));
    double largest = 0;
    int nonzero = 0;
    for (std::int64_t e = 0; e < 64; ++e) {
      double sum = 0;
      for (int r = 0; r < members; ++r) {
        const double x = input_value(claim, {}, Rank{r}, e);
        REQUIRE(x == std::nearbyint(x));
        nonzero += x != 0;
        // Up to 256 members the bound holds in any order (sum of magnitudes); beyond, for the sum.
        sum += members <= 256 ? std::abs(x) : x;
        largest = std::max(largest, std::abs(sum));
      }
    }
    CAPTURE(members);
    CHECK(largest <= 256);
    CHECK(nonzero > 0);
    // At least 2/3 of 256 / P of the inputs are not 0 beyond 256 members: say half of that.
    CHECK(nonzero >= 64 * std::min(members, 256) / 3);
  }
}

TEST_CASE("scan inputs are uniform from -1 to 1 and exact in fp32") {
  Claim claim;
  claim.operation = Operation::exscan;
  double mean = 0, square = 0;
  for (std::int64_t e = 0; e < 10000; ++e) {
    const double x = input_value(claim, {}, Rank{3}, e);
    REQUIRE(x >= -1);
    REQUIRE(x < 1);
    REQUIRE(x == static_cast<double>(static_cast<float>(x)));
    mean += x / 10000, square += x * x / 10000;
  }
  // Uniform: mean 0 +- 1 / sqrt(3 x 10000) = 0.006, mean square 1/3 +- 0.003; five deviations.
  CHECK(std::abs(mean) < 0.03);
  CHECK(std::abs(square - 1.0 / 3) < 0.015);
}

TEST_CASE("inputs differ by seed, rank and element") {
  Inputs other;
  other.seed = 2;
  CHECK(exact_input({}, Rank{0}, 0) != exact_input(other, Rank{0}, 0));
  CHECK(exact_input({}, Rank{0}, 0) != exact_input({}, Rank{1}, 0));
  CHECK(exact_input({}, Rank{0}, 1) != exact_input({}, Rank{1}, 0));
}

TEST_CASE("decays: fp32, in range, one per head; powers are rounded once") {
  Inputs inputs;
  CHECK(decay(inputs, 5) == 1);  // none given
  inputs.decays = {0.1, 0, 1};
  CHECK(decay(inputs, 0) == static_cast<double>(0.1F));
  CHECK(decay_factor(0.5, 10) == 0x1p-10F);
  CHECK(decay_factor(0, 0) == 1.0F);
  CHECK(decay_factor(0, 3) == 0.0F);
  CHECK(decay_factor(std::exp(-1000.0), 575) == 0.0F);  // underflow, no NaN
  CHECK(refusal([&] { decay(inputs, 3); }) ==
        "head 3 has no decay: 3 decays are given, one per head");
  inputs.decays = {1.5, std::nan("")};
  CHECK(refusal([&] { decay(inputs, 0); }) ==
        "decay of head 0 is 1.500000; it must lie between 0 and 1");
  CHECK(refusal([&] { decay(inputs, 1); }) != "");
}

TEST_CASE("exact decays are 5 modulo 8 and their powers wrap modulo 2^32") {
  for (std::int32_t head = 0; head < 100; ++head) CHECK(exact_decay({}, head) % 8 == 5);
  CHECK(exact_decay({}, 0) != exact_decay({}, 1));
  CHECK(exact_decay_factor(5, 0) == 1);
  CHECK(exact_decay_factor(5, 3) == 125);
  // 5^14 = 6103515625 = 1808548329 + 2^32
  CHECK(exact_decay_factor(5, 14) == 1808548329);
}

TEST_CASE("heads are contiguous and head_begin is where each starts") {
  for (const std::int32_t heads : {1, 2, 7, 12})
    for (const std::int64_t n : {1, 5, 7, 13, 96})
      for (std::int32_t h = 0; h < heads; ++h)
        for (std::int64_t e = head_begin(h, n, heads); e < head_begin(h + 1, n, heads); ++e)
          REQUIRE(head_of(e, n, heads) == h);
  CHECK(head_begin(0, 10, 3) == 0);
  CHECK(head_begin(1, 10, 3) == 4);  // e = 3: 9 / 3 of 10 is head 0
  CHECK(head_begin(3, 10, 3) == 10);
}

TEST_CASE("the scan definition is the token recurrence, forwards and backwards") {
  // Each rank has C tokens, S <- lambda S + x_t. Only the last token of a rank carries something:
  // its input. Then the rank's local state is that input and its decay lambda^C.
  const int ranks = 6, tokens = 5;
  const double lambda = 0.75;
  Inputs inputs;
  inputs.decays = {std::pow(lambda, tokens)};
  const double fp32_decay_error = 1e-7;  // the definition's decay is the nearest fp32 number
  for (const bool suffix : {false, true}) {
    Plan plan = claim_of({.operation = Operation::exscan,
                          .members = first_ranks(ranks),
                          .elements = 3,
                          .suffix = suffix});
    const Claim& claim = plan.claims[0];
    const Values exclusive = expected_outputs(plan, claim, inputs);
    plan.claims[0].operation = Operation::scan;
    const Values inclusive = expected_outputs(plan, claim, inputs);
    for (std::int64_t e = 0; e < 3; ++e) {
      double state = 0;
      for (int step = 0; step < ranks; ++step) {
        const int r = suffix ? ranks - 1 - step : step;
        const auto m = static_cast<std::size_t>(r), i = static_cast<std::size_t>(e);
        CHECK(std::abs(exclusive[m][i] - state) < 6 * fp32_decay_error);
        for (int t = 0; t < tokens; ++t)
          state = lambda * state + (t == tokens - 1 ? input_value(claim, inputs, Rank{r}, e) : 0.0);
        CHECK(std::abs(inclusive[m][i] - state) < 6 * fp32_decay_error);
      }
    }
  }
}

TEST_CASE("the exact scan is the fold of affine maps, by the closed sum") {
  const Plan plan = claim_of(
      {.operation = Operation::exscan, .members = first_ranks(5), .elements = 7, .heads = 3});
  const ExactValues want = expected_outputs_exact(plan, plan.claims[0], {});
  for (int p = 0; p < 5; ++p)
    for (std::int64_t e = 0; e < 7; ++e) {
      std::uint32_t sum = 0;  // X_p = sum over j < p of a^(p - 1 - j) L_j
      const std::uint32_t a = exact_decay({}, head_of(e, 7, 3));
      for (int j = 0; j < p; ++j)
        sum += exact_decay_factor(a, p - 1 - j) * exact_input({}, Rank{j}, e);
      CHECK(want[static_cast<std::size_t>(p)][static_cast<std::size_t>(e)] == sum);
    }
}

TEST_CASE("definitions of operations that move and sum") {
  const std::vector<Rank> members{Rank{4}, Rank{1}, Rank{2}};  // the group's own order
  const std::int64_t n = 5;                                    // shares of 3: {0, 1}, {2, 3}, {4}
  const auto x = [&](const Plan& plan, int member, std::int64_t e) {
    return input_value(plan.claims[0], {}, members[static_cast<std::size_t>(member)], e);
  };
  SUBCASE("all_reduce and reduce_scatter") {
    Plan plan = claim_of({.operation = Operation::all_reduce, .members = members, .elements = n});
    const Values sums = expected_outputs(plan, plan.claims[0], {});
    for (std::size_t m = 0; m < 3; ++m)
      for (std::int64_t e = 0; e < n; ++e)
        CHECK(sums[m][static_cast<std::size_t>(e)] ==
              x(plan, 0, e) + x(plan, 1, e) + x(plan, 2, e));
    plan.claims[0].operation = Operation::reduce_scatter;
    const Values shares = expected_outputs(plan, plan.claims[0], {});
    CHECK(shares[0] == std::vector{sums[0][0], sums[0][1]});
    CHECK(shares[1] == std::vector{sums[0][2], sums[0][3]});
    CHECK(shares[2] == std::vector{sums[0][4]});
  }
  SUBCASE("all_to_all") {
    const Plan p =
        claim_of({.operation = Operation::all_to_all, .members = members, .elements = n});
    const Values got = expected_outputs(p, p.claims[0], {});
    CHECK(got[0] ==
          std::vector{x(p, 0, 0), x(p, 0, 1), x(p, 1, 0), x(p, 1, 1), x(p, 2, 0), x(p, 2, 1)});
    CHECK(got[2] == std::vector{x(p, 0, 4), x(p, 1, 4), x(p, 2, 4)});
  }
  SUBCASE("all_gather, broadcast, sendrecv") {
    Plan p = claim_of({.operation = Operation::all_gather, .members = members, .elements = 2});
    CHECK(expected_outputs(p, p.claims[0], {})[1] ==
          std::vector{x(p, 0, 0), x(p, 0, 1), x(p, 1, 0), x(p, 1, 1), x(p, 2, 0), x(p, 2, 1)});
    p.claims[0].operation = Operation::broadcast;
    CHECK(expected_outputs(p, p.claims[0], {})[2] == std::vector{x(p, 0, 0), x(p, 0, 1)});
    p.claims[0].operation = Operation::sendrecv;
    CHECK(expected_outputs(p, p.claims[0], {})[0] == std::vector{x(p, 2, 0), x(p, 2, 1)});
    CHECK(expected_outputs(p, p.claims[0], {})[1] == std::vector{x(p, 0, 0), x(p, 0, 1)});
  }
}

TEST_CASE("compare names rank, element and both values, and passes what is right") {
  const Plan plan =
      claim_of({.operation = Operation::all_reduce, .members = {Rank{4}, Rank{1}}, .elements = 3});
  const Claim& claim = plan.claims[0];
  const Values want{{1, 2, 3}, {1, 2, 3}};
  CHECK(compare(plan, claim, want, want).correct);
  const Numbers wrong = compare(plan, claim, {{1, 2, 3}, {1, 2.5, 7}}, want);
  CHECK_FALSE(wrong.correct);
  // ||(0, 0.5, 4)|| / ||(1, 2, 3)|| = sqrt(16.25 / 14)
  CHECK(wrong.max_error == doctest::Approx(std::sqrt(16.25 / 14)));
  CHECK(wrong.reason ==
        "rank 1 (member 1 of all_reduce): element 1 is 2.5, expected 2; relative L2 error "
        "1.07736451, allowed 0");
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const Numbers numbers = compare(plan, claim, {{1, 2, bad}, {1, 2, 3}}, want);
    CHECK_FALSE(numbers.correct);
    CHECK(numbers.reason.find("rank 4 (member 0 of all_reduce): element 2 is") == 0);
  }
  const Numbers cut = compare(plan, claim, {{1, 2, 3}, {1, 2}}, want);
  CHECK(cut.reason ==
        "rank 1 (member 1 of all_reduce): output has 2 elements, the definition gives 3");
}

TEST_CASE("compare judges scans head by head against the largest state so far") {
  const Plan plan = claim_of(
      {.operation = Operation::exscan, .members = first_ranks(3), .elements = 4, .heads = 2});
  const Claim& claim = plan.claims[0];
  const Values want{{0, 0, 0, 0}, {1, 1, 1e4, 1e4}, {1e-8, 0, 1e4, 1e4}};
  Values got = want;
  // Head 0 of rank 2 is what cancellation left of a state of norm sqrt(2): 1e-7 off is rounding.
  got[2][0] += 1e-7;
  CHECK(compare(plan, claim, got, want).correct);
  CHECK(compare(plan, claim, got, want).max_error == doctest::Approx(1e-7 / std::sqrt(2)));
  // 1e-3 off in head 0 is wrong although the whole state has norm 1e4.
  got[2][0] = 1e-3;
  const Numbers wrong = compare(plan, claim, got, want);
  CHECK_FALSE(wrong.correct);
  CHECK(wrong.reason.find(
            "rank 2 (member 2 of exscan): element 0 is 0.001, expected 1e-08; head 0") == 0);
  // Where nothing has been folded yet, nothing may be.
  got = want;
  got[0][3] = 1e-30;
  CHECK_FALSE(compare(plan, claim, got, want).correct);
}

TEST_CASE("compare_exact sees one bit") {
  const Plan plan =
      claim_of({.operation = Operation::all_reduce, .members = first_ranks(2), .elements = 2});
  const ExactValues want{{1, 2}, {3, 4}};
  CHECK(compare_exact(plan, plan.claims[0], want, want).correct);
  const Numbers wrong = compare_exact(plan, plan.claims[0], {{1, 2}, {3, 5}}, want);
  CHECK(wrong.reason ==
        "rank 1 (member 1 of all_reduce): element 1 is 5, expected 4 (modulo 2^32)");
}

TEST_CASE("tolerances: none but for scans, by element type, members and elements") {
  const auto of = [](Operation operation, ElementType element, int members) {
    const Plan plan = claim_of({.operation = operation,
                                .members = first_ranks(members),
                                .elements = 36,
                                .element = element,
                                .heads = 2});
    return tolerance(plan, plan.claims[0]);
  };
  CHECK(of(Operation::all_reduce, ElementType::bf16, 8) == 0);
  CHECK(of(Operation::exscan, ElementType::fp32, 576) == 1e-6);
  CHECK(of(Operation::exscan, ElementType::fp32, 2304) == 2e-6);  // sqrt(2304 / 576) = 2
  // 18 elements a head: 1 + 6 / sqrt(36) = 2
  CHECK(of(Operation::exscan, ElementType::bf16, 72) == doctest::Approx(2e-2));
  // sqrt(288 / 72) = 2
  CHECK(of(Operation::exscan, ElementType::fp16, 288) == doctest::Approx(2 * 2 * 2e-3));
}

TEST_CASE("first bytes: claims are fed, the rest is poison, contradictions are refused") {
  Plan plan = claim_of({.operation = Operation::exscan, .members = first_ranks(2)});
  const Inputs inputs;
  std::vector<std::byte> bytes(16);
  FirstBytes(plan, inputs).fill(BufferId{2}, bytes);  // input of rank 1
  CHECK(load(ElementType::fp32, bytes.data() + 8) ==
        input_value(plan.claims[0], inputs, Rank{1}, 2));
  FirstBytes(plan, inputs).fill(BufferId{3}, bytes);  // output of rank 1
  CHECK(std::isnan(load(ElementType::fp32, bytes.data())));

  Claim second = plan.claims[0];
  second.operation = Operation::all_reduce;
  plan.claims.push_back(second);
  CHECK(refusal([&] { FirstBytes(plan, inputs); }) ==
        "buffer in is the input of two claims, exscan and all_reduce, that need different values");

  const Plan integers = claim_of(
      {.operation = Operation::scan, .members = first_ranks(2), .element = ElementType::u32});
  CHECK(refusal([&] { FirstBytes(integers, inputs); }) ==
        "buffer in: a scan of u32 elements runs in exact arithmetic only");
}

TEST_CASE("states: buffers of the claim and scratch of their size on their ranks") {
  PlanBuilder b("states", 3);
  const auto buffer = [&](int rank, std::int64_t elements) {
    return b.add_buffer(
        {Rank{rank}, BufferRole::scratch, ElementType::fp32, Bytes{4 * elements}, "b"});
  };
  const BufferId x0 = buffer(0, 8), x1 = buffer(1, 8), y0 = buffer(0, 6), y2 = buffer(2, 6);
  const BufferId scratch = buffer(1, 8), odd_size = buffer(1, 6), elsewhere = buffer(2, 8);
  const GroupId g = b.add_group({Rank{0}, Rank{1}}), h = b.add_group({Rank{0}, Rank{2}});
  b.add_claim({Operation::exscan, false, g, 2, {x0, x1}, {x0, x1}});
  b.add_claim({Operation::exscan, true, h, 3, {y0, y2}, {y0, y2}});
  const std::vector<StateShape> shapes = state_shapes(b.plan());
  CHECK(shapes[x0.index()].heads == 2);
  CHECK(shapes[y2.index()].heads == 3);
  CHECK(shapes[scratch.index()].heads == 2);
  CHECK(shapes[scratch.index()].elements == 8);
  CHECK(shapes[odd_size.index()].heads == 0);
  CHECK(shapes[elsewhere.index()].heads == 0);
}
