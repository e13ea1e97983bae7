// Every algorithm of the catalogue, run on arrays and compared with the direct definition.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <string>

#include "models/collectives/catalogue.h"
#include "models/definition.h"
#include "sim/host_executor.h"
#include "tests/support/rank_counts.h"

using namespace twinlink;
using namespace twinlink::models;
using namespace twinlink::sim;

namespace {

constexpr int kHeads = 7;

std::vector<double> stress_decays() {
  std::vector<double> decays;
  for (const double x : {0.0, 0.01, 0.1, 1.0, 16.0, 100.0, 1000.0}) decays.push_back(std::exp(-x));
  return decays;
}

CollectiveRequest request_of(const Algorithm& algorithm, int ranks, std::int64_t elements) {
  CollectiveRequest request;
  request.operation = algorithm.operation;
  request.gpu_of_rank.resize(static_cast<std::size_t>(ranks));
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.bytes = Bytes{elements * size_of(request.element)};
  request.multicast = true;
  if (is_scan(algorithm.operation)) request.heads = kHeads;
  request.multicast = algorithm.needs == Needs::multicast;
  return request;
}

Numbers numbers_of(const Algorithm& algorithm, const CollectiveRequest& request,
                   Arithmetic arithmetic) {
  const Inputs inputs{1, arithmetic, stress_decays()};
  return HostExecutor().execute(build_plan(algorithm, request), inputs).numbers.value();
}

std::vector<bool> directions(const Algorithm& algorithm) {
  return is_scan(algorithm.operation) ? std::vector{false, true} : std::vector{false};
}

void check_both_arithmetics(const Algorithm& algorithm, CollectiveRequest request) {
  for (const bool suffix : directions(algorithm)) {
    request.suffix = suffix;
    for (const Arithmetic arithmetic : {Arithmetic::exact, Arithmetic::element}) {
      const Numbers numbers = numbers_of(algorithm, request, arithmetic);
      if (numbers.correct) continue;
      FAIL_CHECK(name_of(algorithm.operation), " ", algorithm.name, ", ",
                 request.gpu_of_rank.size(), " ranks, ", request.bytes.count, " bytes, ",
                 suffix ? "suffix" : "prefix", ": ", numbers.reason);
    }
  }
}

template <class Check>
void for_each_right_algorithm(const Check& check) {
  int checked = 0;
  for (const Algorithm& algorithm : catalogue())
    if (algorithm.wrong_from == 0) check(algorithm), ++checked;
  CHECK(checked >= 7);  // four of operations that sum or move, three scans at least
}

// Sizes that P does not divide, or, for `few`, that leave shares of zero. A scan does not deal its
// state: 4 elements a head, so that a norm never is that of a single number.
std::int64_t elements_for(const Algorithm& algorithm, int ranks, bool few) {
  if (is_scan(algorithm.operation)) return few ? 3 : 4 * kHeads + 1;
  return few ? ranks / 2 : ranks + ranks / 3 + 1;
}

}  // namespace

TEST_CASE("every algorithm equals its definition for 1 to 130 ranks, ragged shares") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    for (const int ranks : rank_counts())
      check_both_arithmetics(algorithm,
                             request_of(algorithm, ranks, elements_for(algorithm, ranks, false)));
  });
}

TEST_CASE("every algorithm equals its definition for 576 ranks, ragged shares") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    const int ranks = large_rank_counts().back();
    check_both_arithmetics(algorithm,
                           request_of(algorithm, ranks, elements_for(algorithm, ranks, false)));
  });
}

TEST_CASE("every algorithm equals its definition where shares, heads or all is empty") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    for (const int ranks : some_rank_counts({1, 2, 3, 4, 7, 8, 16, 31, 72, 130}))
      for (const std::int64_t elements :
           {std::int64_t{0}, std::int64_t{1}, elements_for(algorithm, ranks, true)})
        check_both_arithmetics(algorithm, request_of(algorithm, ranks, elements));
  });
}

TEST_CASE("every algorithm equals its definition in several groups, in their own order") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    CollectiveRequest request = request_of(algorithm, 12, 29);
    const auto group = [](std::initializer_list<int> ranks) {
      std::vector<Rank> members;
      for (const int r : ranks) members.push_back(Rank{r});
      return members;
    };
    // Strided, reversed, of different sizes, and ranks that are in two groups.
    request.groups = {group({0, 4, 8}), group({9, 5, 1}), group({2, 6, 10, 3, 7, 11, 0, 1}),
                      group({11})};
    check_both_arithmetics(algorithm, request);
  });
}

TEST_CASE("16-bit elements: sums are exact, scans within the tolerance of their wire") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    for (const ElementType element : {ElementType::bf16, ElementType::fp16, ElementType::fp64})
      for (const int ranks : some_rank_counts({2, 8, 16, 72, 130})) {
        CollectiveRequest request = request_of(algorithm, ranks, 16 * kHeads);
        request.element = element;
        request.bytes = Bytes{16 * kHeads * size_of(element)};
        check_both_arithmetics(algorithm, request);
      }
  });
}

TEST_CASE("decay horizon equals its definition within the horizons, in both arithmetics") {
  for (const Operation operation : {Operation::exscan, Operation::scan})
    for (const int ranks : {1, 2, 5, 17, 72}) {
      const Algorithm& algorithm = find_algorithm(operation, "decay_horizon");
      CollectiveRequest request = request_of(algorithm, ranks, 4 * kHeads + 1);
      request.decays = stress_decays();
      check_both_arithmetics(algorithm, request);
    }
}

TEST_CASE("scans of chunks of unequal length equal their definition") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    if (!is_scan(algorithm.operation)) return;
    for (const int ranks : {2, 7, 16}) {
      CollectiveRequest request = request_of(algorithm, ranks, 4 * kHeads + 1);
      for (int r = 0; r < ranks; ++r) request.lengths.push_back(1 + 7 * r % 9);
      request.decays = stress_decays();
      check_both_arithmetics(algorithm, request);
    }
  });
}

TEST_CASE("all-to-alls of unequal and empty blocks equal their definition") {
  for (const char* name : {"direct", "copy_engine"})
    for (const int ranks : {1, 2, 5, 16}) {
      const Algorithm& algorithm = find_algorithm(Operation::all_to_all, name);
      CollectiveRequest request = request_of(algorithm, ranks, 37);
      for (int pair = 0; pair < ranks * ranks; ++pair) request.counts.push_back(pair * 7 % 5 % 4);
      request.counts.back() = 3;
      check_both_arithmetics(algorithm, request);
      request.counts.resize(static_cast<std::size_t>(ranks));
      request.counts.back() = 3;
      check_both_arithmetics(algorithm, request);
    }
}

TEST_CASE("hierarchical transpose equals its definition on domains of unequal size") {
  for (const Operation operation : {Operation::exscan, Operation::scan})
    for (const std::int64_t elements : {2, 4 * kHeads + 1}) {
      const Algorithm& algorithm = find_algorithm(operation, "hierarchical_transpose");
      CollectiveRequest request = request_of(algorithm, 13, elements);
      request.domain_of_rank = {0, 0, 0, 1, 1, 1, 1, 1, 2, 0, 0, 3, 3};
      check_both_arithmetics(algorithm, request);
    }
}

TEST_CASE("scans in slices equal their definition") {
  for_each_right_algorithm([](const Algorithm& algorithm) {
    if (!is_scan(algorithm.operation)) return;
    for (const int ranks : {2, 7, 16}) {
      CollectiveRequest request = request_of(algorithm, ranks, 4 * kHeads + 1);
      request.slices = 3;
      check_both_arithmetics(algorithm, request);
    }
  });
}

TEST_CASE("the published tree is wrong at 1, 7, 21 and 57 ranks of 8, 16, 32 and 72") {
  // Counts of research on the pull request: symbolic provenance of its schedule.
  struct Row {
    int ranks;
    std::size_t wrong;
  };
  const Algorithm& tree = find_algorithm(Operation::exscan, "lasp_pr_tree");
  for (const Row row : {Row{1, 0}, Row{2, 0}, Row{7, 0}, Row{8, 1}, Row{12, 3}, Row{16, 7},
                        Row{32, 21}, Row{64, 51}, Row{72, 57}, Row{128, 113}}) {
    for (const bool suffix : {false, true}) {
      CollectiveRequest request = request_of(tree, row.ranks, 4 * kHeads);
      request.suffix = suffix;
      CAPTURE(row.ranks);
      CAPTURE(suffix);
      const Numbers exact = numbers_of(tree, request, Arithmetic::exact);
      CHECK(exact.wrong_ranks.size() == row.wrong);
      CHECK(exact.correct == (row.wrong == 0));
      // The head without decay shows every missing term in fp32, too.
      CHECK(numbers_of(tree, request, Arithmetic::element).wrong_ranks == exact.wrong_ranks);
      // P = 8: rank 7 misses ranks 0 to 3; as a suffix its mirror, rank 0.
      if (row.ranks == 8) CHECK(exact.wrong_ranks == std::vector{Rank{suffix ? 0 : 7}});
    }
  }
}
