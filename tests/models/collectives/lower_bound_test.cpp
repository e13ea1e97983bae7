// Lower bounds by hand, and that no algorithm claims to be faster.
#include "models/collectives/lower_bound.h"

#include <doctest/doctest.h>

#include "tests/models/collectives/requests.h"
#include "tests/support/rank_counts.h"

namespace twinlink::models {
namespace {

using test::request_of;

void check_not_below(const Algorithm& algorithm, CollectiveRequest request,
                     const AlphaBetaGamma& costs) {
  for (const bool multicast : {false, true}) {
    // Without switches that reduce, what needs them may be faster than the bound.
    if (algorithm.needs == Needs::multicast && !multicast) continue;
    request.multicast = multicast;
    INFO(name_of(algorithm.operation), " ", algorithm.name, " ranks ", request.gpu_of_rank.size(),
         " bytes ", request.bytes.count);
    const double bound = lower_bound(request, costs);
    // The mean of P members is no whole number: a relative rounding of some 1e-16 either way.
    CHECK(algorithm.closed_form(request, costs) >= bound * (1 - 1e-12));
  }
}

TEST_CASE("no algorithm's closed form is below the bound") {
  const AlphaBetaGamma all_costs[] = {
      {2e-6, 1 / 450e9, 3 / 3e12}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1e-6, 1e-12, 1e-9}};
  for (const Algorithm& algorithm : catalogue()) {
    if (algorithm.closed_form == nullptr) continue;
    for (const AlphaBetaGamma& costs : all_costs)
      for (const int ranks : some_rank_counts({1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 72, 130, 144, 576}))
        for (const std::int64_t elements : {std::int64_t{0}, std::int64_t{1}, std::int64_t{ranks},
                                            std::int64_t{3} * ranks + 2, std::int64_t{1} << 22})
          check_not_below(algorithm, request_of(algorithm, ranks, elements), costs);
  }
}

TEST_CASE("bounds worked by hand: 8 ranks, 1 GiB, 2 us and 450 GB/s") {
  const AlphaBetaGamma costs{2e-6, 1 / 450e9, 0};
  const double n = 1 << 30;
  const auto bound = [&](Operation operation, bool multicast) {
    CollectiveRequest request = request_of(operation, 8, 1 << 28);
    request.multicast = multicast;
    return doctest::Approx(lower_bound(request, costs)).epsilon(1e-12);
  };
  // 2 x 7/8 GiB through every port; in the switch 1 GiB, which multimem_two_shot passes by 1/8.
  CHECK(bound(Operation::all_reduce, false) == 2e-6 + 1.75 * n / 450e9);
  CHECK(bound(Operation::all_reduce, true) == 2e-6 + n / 450e9);
  CHECK(bound(Operation::reduce_scatter, false) == 2e-6 + 0.875 * n / 450e9);
  CHECK(bound(Operation::all_gather, true) == 2e-6 + 0.875 * n / 450e9);
  CHECK(bound(Operation::all_to_all, false) == 2e-6 + 0.875 * n / 450e9);
  CHECK(bound(Operation::broadcast, false) == 2e-6 + n / 450e9);
  CHECK(bound(Operation::sendrecv, false) == 2e-6 + n / 450e9);
}

TEST_CASE("an all-to-all with counts is bound by its hottest sender or receiver") {
  const AlphaBetaGamma costs{1000, 3, 0};
  CollectiveRequest request = request_of(Operation::all_to_all, 3, 7);
  request.counts = {3, 0, 4, 0, 0, 0, 2, 5, 0};  // rank 2 sends 7 elements, rank 1 receives 5
  CHECK(lower_bound(request, costs) == 1000 + 3 * 28);
  request.counts = {0, 5, 0, 0, 0, 0, 0, 7, 0};  // rank 1 receives 12
  CHECK(lower_bound(request, costs) == 1000 + 3 * 48);
  request.counts = {1, 0, 0, 0, 1, 0, 0, 0, 1};  // everyone keeps what it has
  CHECK(lower_bound(request, costs) == 0);
  for (const char* name : {"direct", "copy_engine"}) {
    const Algorithm& algorithm = find_algorithm(Operation::all_to_all, name);
    CHECK(algorithm.closed_form(request, costs) == 0);
    request.counts = {3, 0, 4, 0, 0, 0, 2, 5, 0};
    CHECK(algorithm.closed_form(request, costs) == lower_bound(request, costs));
    request.counts = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  }
}

TEST_CASE("bounds where combining costs more than moving") {
  // 4 ranks, 4 elements: 3/4 of 16 bytes are combined by each member on the mean; of an exscan 2/4.
  const AlphaBetaGamma costs{1, 1, 100};
  CHECK(lower_bound(request_of(Operation::all_reduce, 4, 4), costs) == 1 + 12 * 100);
  CHECK(lower_bound(request_of(Operation::exscan, 4, 4), costs) == 1 + 8 * 100);
  CollectiveRequest in_switch = request_of(Operation::all_reduce, 4, 4);
  in_switch.multicast = true;
  CHECK(lower_bound(in_switch, costs) == 1 + 16);
}

TEST_CASE("algorithms that meet their bound exactly") {
  const AlphaBetaGamma costs{1000, 3, 0};
  const auto ratio = [&](Operation operation, const char* name, int ranks) {
    const Algorithm& algorithm = find_algorithm(operation, name);
    const CollectiveRequest request = request_of(algorithm, ranks, 60);
    return algorithm.closed_form(request, costs) / lower_bound(request, costs);
  };
  CHECK(ratio(Operation::all_reduce, "one_shot", 2) == 1);
  CHECK(ratio(Operation::reduce_scatter, "direct", 6) == 1);
  CHECK(ratio(Operation::all_gather, "direct", 6) == 1);
  CHECK(ratio(Operation::all_to_all, "direct", 6) == 1);
  CHECK(ratio(Operation::broadcast, "multimem", 6) == 1);
  CHECK(ratio(Operation::sendrecv, "direct", 6) == 1);
}

TEST_CASE("the slowest group counts") {
  CollectiveRequest request = request_of(Operation::all_reduce, 6, 12);
  request.groups = {test::ranks_of({0}), test::ranks_of({5, 1}), test::ranks_of({2, 3, 4})};
  // Three members: 2 x 2/3 x 48 bytes.
  CHECK(lower_bound(request, {0, 1, 0}) == doctest::Approx(64));
}

}  // namespace
}  // namespace twinlink::models
