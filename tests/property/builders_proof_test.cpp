// Every builder's plans are proved: P = 1 to 130 and 576, prefix and suffix, ragged and empty
// shares, groups of any shape. The published tree is caught exactly.
#include <doctest/doctest.h>

#include <random>

#include "models/checks/proof.h"
#include "models/collectives/all_to_all_blocks.h"
#include "tests/models/collectives/requests.h"
#include "tests/support/rank_counts.h"

namespace twinlink::models {
namespace {

using test::request_of;
bool is_scan(const Algorithm& algorithm) {
  return algorithm.operation == Operation::exscan || algorithm.operation == Operation::scan;
}

std::string first_message(const Proof& proof) {
  return proof.findings.empty() ? "no finding" : proof.findings.front().message;
}

void check_proved(const Algorithm& algorithm, const CollectiveRequest& request) {
  const Proof proof = prove(build_plan(algorithm, request));
  INFO(algorithm.name, " ranks ", request.gpu_of_rank.size(), " bytes ", request.bytes.count,
       request.suffix ? " suffix" : "", ": ", first_message(proof));
  CHECK(proof.correct());
  CHECK(proof.wrong_ranks.empty());
}

// Both directions of scans; others have one.
void check_directions(const Algorithm& algorithm, CollectiveRequest request) {
  check_proved(algorithm, request);
  if (!is_scan(algorithm)) return;
  request.suffix = true;
  check_proved(algorithm, request);
}

void check_ranks(const Algorithm& algorithm, int ranks) {
  const std::int64_t fewer = ranks / 2;               // half of the shares are empty
  const std::int64_t ragged = 2 * ranks + ranks / 3;  // shares of 2 and 3
  check_directions(algorithm, request_of(algorithm, ranks, fewer));
  check_directions(algorithm, request_of(algorithm, ranks, ragged));
}

void check_all_ranks(Operation operation, const std::string& name) {
  const Algorithm& algorithm = find_algorithm(operation, name);
  for (const int ranks : rank_counts()) check_ranks(algorithm, ranks);
  for (const int ranks : large_rank_counts())
    check_directions(algorithm, request_of(algorithm, ranks, ranks + 5));
  for (const int ranks : {1, 2, 5, 16})
    check_directions(algorithm, request_of(algorithm, ranks, 0));
}

void check_all_of(Operation operation) {
  for (const Algorithm& algorithm : catalogue())
    if (algorithm.operation == operation) check_all_ranks(operation, std::string(algorithm.name));
}

TEST_CASE("every all_reduce is proved") { check_all_of(Operation::all_reduce); }
TEST_CASE("every reduce_scatter is proved") { check_all_of(Operation::reduce_scatter); }
TEST_CASE("every all_gather is proved") { check_all_of(Operation::all_gather); }
TEST_CASE("every all_to_all is proved") { check_all_of(Operation::all_to_all); }
TEST_CASE("every broadcast is proved") { check_all_of(Operation::broadcast); }
TEST_CASE("every sendrecv is proved") { check_all_of(Operation::sendrecv); }

TEST_CASE("collectives in slices, and rings with channels both ways around, are proved") {
  for (const Algorithm& algorithm : catalogue()) {
    if (is_scan(algorithm)) continue;
    for (const int ranks : {2, 3, 6, 13, 16}) {
      CollectiveRequest request = request_of(algorithm, ranks, 5 * ranks + 3);
      request.slices = 7;
      request.channels = 3;
      request.bidirectional = ranks % 2 == 1;
      check_proved(algorithm, request);
    }
  }
}

// Plans of P^2 slices: every P once, all variants of the smaller ones.
void check_many_slices(const Algorithm& algorithm) {
  for (const int ranks : rank_counts(1, 40)) check_ranks(algorithm, ranks);
  for (const int ranks : rank_counts(41)) {
    CollectiveRequest request = request_of(algorithm, ranks, ranks + ranks / 3);
    request.suffix = ranks % 2 == 0;
    check_proved(algorithm, request);
  }
  for (const int ranks : large_rank_counts())
    check_proved(algorithm, request_of(algorithm, ranks, ranks + 5));
}

// Right scans of the catalogue; those that read or write P^2 slices in a second half.
void check_all_scans(Operation operation, bool quadratic) {
  for (const Algorithm& algorithm : catalogue()) {
    if (algorithm.operation != operation || algorithm.wrong_from > 0) continue;
    const std::string_view name = algorithm.name;
    const bool many =
        name.ends_with("transpose") || name == "gather_direct" || name == "decay_horizon";
    if (many != quadratic) continue;
    if (many)
      check_many_slices(algorithm);
    else
      check_all_ranks(operation, algorithm.name.data());
  }
}
TEST_CASE("exscan: chains, trees and doublings are proved") {
  check_all_scans(Operation::exscan, false);
}
TEST_CASE("exscan: gathers and transposes are proved") { check_all_scans(Operation::exscan, true); }
TEST_CASE("scan: chains, trees and doublings are proved") {
  check_all_scans(Operation::scan, false);
}
TEST_CASE("scan: gathers and transposes are proved") { check_all_scans(Operation::scan, true); }

TEST_CASE("scans with slices are proved") {
  for (const Algorithm& algorithm : catalogue()) {
    if (!is_scan(algorithm) || algorithm.wrong_from > 0) continue;
    for (const int ranks : {1, 2, 3, 8, 13, 33})
      for (const int slices : {2, 5}) {
        CollectiveRequest request = request_of(algorithm, ranks, 13);
        request.slices = slices;
        check_directions(algorithm, request);
        request.local_work = {"kv", 1e6, kib(4)};
        check_directions(algorithm, request);
      }
  }
}

// Chunk lengths of 1 to 9, by rank.
void set_lengths(CollectiveRequest& request) {
  for (std::size_t r = 0; r < request.gpu_of_rank.size(); ++r)
    request.lengths.push_back(static_cast<std::int32_t>(1 + 7 * r % 9));
}

TEST_CASE("scans of chunks of unequal length are proved: powers are sums of lengths") {
  for (const Algorithm& algorithm : catalogue()) {
    if (!is_scan(algorithm)) continue;
    for (const int ranks : {1, 2, 3, 5, 7, 8, 21, 64}) {
      if (algorithm.wrong_from > 0 && ranks >= algorithm.wrong_from) continue;
      CollectiveRequest request = request_of(algorithm, ranks, 13);
      set_lengths(request);
      check_directions(algorithm, request);
      for (int r = 0; r < ranks; ++r) request.domain_of_rank.push_back(r / 3);
      check_directions(algorithm, request);
    }
  }
}

TEST_CASE("a plan for equal chunks is wrong for unequal ones, and the other way round") {
  for (const char* name : {"ring_decoupled", "blelloch", "gather_direct", "transpose"}) {
    CollectiveRequest request = request_of(Operation::exscan, 6, 13);
    Plan equal = test::build(Operation::exscan, name, request);
    set_lengths(request);
    Plan unequal = test::build(Operation::exscan, name, request);
    std::swap(equal.claims[0].lengths, unequal.claims[0].lengths);
    CAPTURE(name);
    CHECK(!prove(equal).correct());
    CHECK(!prove(unequal).correct());
    equal.claims[0].lengths.pop_back();
    CHECK(prove(equal).findings.at(0).message.find("length") != std::string::npos);
  }
}

// The ranks in random order, cut into groups of random sizes; some ranks stay out.
std::vector<std::vector<Rank>> random_groups(int ranks, std::mt19937& random) {
  std::vector<int> order(static_cast<std::size_t>(ranks));
  for (int r = 0; r < ranks; ++r) order[static_cast<std::size_t>(r)] = r;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  std::vector<std::vector<Rank>> groups(1);
  for (const int r : order) {
    if (random() % 5 == 0 && !groups.back().empty()) groups.emplace_back();
    if (random() % 7 != 0) groups.back().emplace_back(r);
  }
  if (groups.back().empty()) groups.back().emplace_back(order[0]);
  return groups;
}

// Counts of 0 to 3 for each pair of ranks.
void set_counts(CollectiveRequest& request, unsigned seed) {
  std::mt19937 random(seed);
  const std::size_t ranks = request.gpu_of_rank.size();
  request.counts.resize(ranks * ranks);
  for (std::int64_t& count : request.counts)
    count = std::max<std::int64_t>(0, static_cast<std::int64_t>(random() % 6) - 2);
  request.counts.back() = 1;
}

TEST_CASE("all-to-alls of unequal and empty blocks are proved, P = 1 to 130, in groups too") {
  for (const char* name : {"direct", "copy_engine"})
    for (const int ranks : rank_counts()) {
      const Algorithm& algorithm = find_algorithm(Operation::all_to_all, name);
      CollectiveRequest request = request_of(algorithm, ranks, 3 * ranks + 1);
      set_counts(request, static_cast<unsigned>(ranks));
      check_proved(algorithm, request);
      if (ranks < 3) continue;
      std::mt19937 random(static_cast<unsigned>(ranks));
      request.groups = random_groups(ranks, random);
      request.counts.resize(static_cast<std::size_t>(ranks));  // totals
      if (largest_count_sum(request) == 0) continue;
      check_proved(algorithm, request);
    }
}

TEST_CASE("mutations of counts: a claim of other counts, of shares, and of too few") {
  for (const char* name : {"direct", "copy_engine"}) {
    CollectiveRequest request = request_of(Operation::all_to_all, 4, 12);
    request.counts = {3, 3, 3, 3, 1, 5, 2, 4, 0, 6, 0, 6, 12, 0, 0, 0};
    const Plan right = test::build(Operation::all_to_all, name, request);
    CHECK(prove(right).correct());
    const auto message = [&](const auto& mutate) {
      Plan wrong = right;
      mutate(wrong.claims[0].counts);
      const Proof proof = prove(wrong);
      return proof.correct() ? std::string("proved") : proof.findings.at(0).message;
    };
    using Counts = std::vector<std::int64_t>;
    // The sums stay: rank 0 and 1 exchange an element of what they send to 0 and 1.
    const std::string moved = message([](Counts& c) { ++c[0], --c[1], --c[4], ++c[5]; });
    CHECK(moved.find("the claim wants") != std::string::npos);
    CHECK(moved.starts_with("rank 0: output holds"));
    CHECK(message([](Counts& c) { std::swap(c[8], c[9]); }).find("output of member 0") !=
          std::string::npos);
    CHECK(message([](Counts& c) { c[0] = 4; }).find("its counts are 52") != std::string::npos);
    CHECK(message([](Counts& c) { c.pop_back(); }).find("count of at least 0") !=
          std::string::npos);
    CHECK(message([](Counts& c) { c[0] = -3; }).find("count of at least 0") != std::string::npos);
    CHECK(message([](Counts& c) { c.clear(); }) != "proved");
  }
  Plan gather =
      test::build(Operation::all_gather, "direct", request_of(Operation::all_gather, 2, 8));
  gather.claims[0].counts = {2, 2, 2, 2};
  CHECK_FALSE(prove(gather).correct());
}

// Domains of unequal sizes, one of them entered twice, states smaller and larger than a domain.
TEST_CASE("hierarchical transpose over domains of any shape is proved") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    std::mt19937 random(seed);
    for (const Operation operation : {Operation::exscan, Operation::scan}) {
      const Algorithm& algorithm = find_algorithm(operation, "hierarchical_transpose");
      const int ranks = 2 + static_cast<int>(random() % 40);
      CollectiveRequest request = request_of(algorithm, ranks, 1 + random() % 90);
      for (int r = 0, domain = 0; r < ranks; ++r) {
        request.domain_of_rank.push_back(domain);
        if (random() % 4 == 0) domain = static_cast<int>(random() % 5);
      }
      INFO("seed ", seed);
      check_directions(algorithm, request);
      request.local_work = {"kv", 1e6, kib(4)};
      check_directions(algorithm, request);
    }
  }
  const Algorithm& algorithm = find_algorithm(Operation::exscan, "hierarchical_transpose");
  CollectiveRequest racks = request_of(algorithm, large_rank_counts().back(), 1000);
  for (const int gpu : racks.gpu_of_rank) racks.domain_of_rank.push_back(gpu / 72);
  check_directions(algorithm, racks);
}

TEST_CASE("with one domain the hierarchical transpose is the plan of transpose") {
  for (const int ranks : {1, 2, 9}) {
    CollectiveRequest request = request_of(Operation::exscan, ranks, 23);
    const Plan flat = test::build(Operation::exscan, "transpose", request);
    request.domain_of_rank.assign(static_cast<std::size_t>(ranks), 3);
    const Plan plan = test::build(Operation::exscan, "hierarchical_transpose", request);
    CHECK(plan.groups.size() == 1);
    CHECK(plan.buffers.size() == flat.buffers.size());
    REQUIRE(plan.ops.size() == flat.ops.size());
    REQUIRE(plan.slices.size() == flat.slices.size());
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      CHECK(plan.ops[i].kind == flat.ops[i].kind);
      CHECK(plan.ops[i].lane == flat.ops[i].lane);
      CHECK(plan.ops[i].sources == flat.ops[i].sources);
    }
    for (std::size_t i = 0; i < plan.slices.size(); ++i) {
      CHECK(plan.slices[i].buffer == flat.slices[i].buffer);
      CHECK(plan.slices[i].offset == flat.slices[i].offset);
      CHECK(plan.slices[i].decay_power == flat.slices[i].decay_power);
    }
  }
}

TEST_CASE("several groups at once, unequal and not contiguous, several ranks per GPU") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
    std::mt19937 random(seed);
    for (const Algorithm& algorithm : catalogue()) {
      if (algorithm.wrong_from > 0) continue;
      CollectiveRequest request = request_of(algorithm, 40, 23);
      request.groups = random_groups(40, random);
      for (std::size_t r = 0; r < 40; ++r) request.gpu_of_rank[r] = static_cast<int>(r / 4);
      INFO("seed ", seed);
      check_directions(algorithm, request);
    }
  }
}

TEST_CASE("data and sequence groups that share ranks") {
  for (const Algorithm& algorithm : catalogue()) {
    CollectiveRequest request = request_of(algorithm, 6, 11);
    request.groups = {test::ranks_of({0, 1, 2}), test::ranks_of({3, 4, 5}), test::ranks_of({0, 3}),
                      test::ranks_of({4, 1}), test::ranks_of({2, 5})};
    check_directions(algorithm, request);
  }
}

TEST_CASE("scans with local work are proved") {
  for (const Algorithm& algorithm : catalogue()) {
    if (!is_scan(algorithm) || algorithm.wrong_from > 0) continue;
    for (const int ranks : {1, 2, 3, 8, 21, 72}) {
      CollectiveRequest request = request_of(algorithm, ranks, 3);
      request.local_work = {"kv", 1e6, kib(4)};
      check_directions(algorithm, request);
    }
  }
}

TEST_CASE("the published tree is wrong from 8 ranks on, at as many ranks as published") {
  const Algorithm& tree = find_algorithm(Operation::exscan, "lasp_pr_tree");
  struct Row {
    int ranks;
    std::size_t wrong;
  };
  for (const Row& row :
       {Row{8, 1}, Row{12, 3}, Row{16, 7}, Row{32, 21}, Row{64, 51}, Row{72, 57}, Row{128, 113}})
    for (const bool suffix : {false, true}) {
      CollectiveRequest request = request_of(tree, row.ranks, 2);
      request.suffix = suffix;
      CHECK(prove(build_plan(tree, request)).wrong_ranks.size() == row.wrong);
    }
  for (int ranks = 1; ranks < 8; ++ranks) check_ranks(tree, ranks);
  for (const int ranks : rank_counts(8)) {
    const Plan plan = build_plan(tree, request_of(tree, ranks, 1));
    INFO("ranks ", ranks);
    CHECK(!prove(plan).correct());
    CHECK(check_races(plan).correct());
    CHECK(check_deadlock(plan).correct());
  }
}

TEST_CASE(
    "the published tree at 8 ranks: rank 7 misses ranks 0 to 3, rank 0 of the suffix 4 to 7") {
  const Algorithm& tree = find_algorithm(Operation::exscan, "lasp_pr_tree");
  CollectiveRequest request = request_of(tree, 8, 2);
  CHECK(prove(build_plan(tree, request)).wrong_ranks == test::ranks_of({7}));
  request.suffix = true;
  CHECK(prove(build_plan(tree, request)).wrong_ranks == test::ranks_of({0}));
}

}  // namespace
}  // namespace twinlink::models
