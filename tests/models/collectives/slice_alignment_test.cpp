// Pieces that pipelined algorithms cut a state or message into begin at multiples of 16 bytes.
#include <doctest/doctest.h>

#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

// Pieces follow each other from 0 to n and none is larger than the first.
void check_dealt(std::int64_t parts, std::int64_t n, std::int64_t element) {
  CAPTURE(parts);
  CAPTURE(n);
  CAPTURE(element);
  std::int64_t end = 0;
  for (std::int64_t i = 0; i < parts; ++i) {
    const Share piece = aligned_share(i, parts, n, element);
    CHECK(piece.begin == end);
    CHECK(piece.count >= (n < parts ? 0 : 1));
    CHECK(piece.count <= aligned_share(0, parts, n, element).count);
    end += piece.count;
  }
  CHECK(end == n);
}

TEST_CASE("any number of elements is dealt whole to any number of parts") {
  for (const std::int64_t element : {1, 2, 4, 8, 16, 24})
    for (std::int64_t parts = 1; parts <= 21; ++parts)
      for (std::int64_t n = 0; n <= 90; ++n) check_dealt(parts, n, element);
}

TEST_CASE("pieces in units of 16 bytes; by elements where there are fewer units than parts") {
  const auto begin = [](std::int64_t i, std::int64_t parts, std::int64_t n) {
    return aligned_share(i, parts, n, 4).begin;
  };
  // 29 elements of 4 bytes: 8 units, the last of one element; 3 parts of 3, 3 and 2 units.
  CHECK(begin(1, 3, 29) == 12);
  CHECK(begin(2, 3, 29) == 24);
  CHECK(aligned_share(2, 3, 29, 4).count == 5);
  CHECK(begin(7, 8, 29) == 28);
  CHECK(begin(1, 9, 29) == 4);  // share(): 4, 4, 3, 3, ...
  CHECK(begin(2, 9, 29) == 8);
  CHECK(begin(3, 9, 29) == 11);
}

void check_slices(const Plan& plan) {
  std::size_t cut = 0;
  for (const Slice& slice : plan.slices) {
    REQUIRE(slice.offset.count % 16 == 0);
    if (slice.offset.count > 0) ++cut;
  }
  CHECK(cut > 0);  // or the test would see whole buffers only
}

CollectiveRequest cut_request(const Algorithm& algorithm, int ranks, std::int64_t elements) {
  CollectiveRequest request = request_of(algorithm, ranks, elements);
  request.slices = 11;  // divides neither 4 MiB nor the ragged sizes into multiples of 16 bytes
  return request;
}

TEST_CASE("plans: every slice begins at a multiple of 16 bytes") {
  constexpr std::int64_t kLarge = 1 << 20;  // elements: 4 MiB of fp32
  REQUIRE(share(1, 11, kLarge).begin % 4 != 0);
  for (const auto& [operation, name] : {std::pair{Operation::all_reduce, "double_binary_tree"},
                                        {Operation::broadcast, "ring"},
                                        {Operation::exscan, "chain_pipelined"},
                                        {Operation::scan, "chain_pipelined"},
                                        {Operation::exscan, "blelloch"}})
    for (const int ranks : {2, 3, 5, 8, 13, 16, 33})
      for (const std::int64_t elements : {kLarge, kLarge + 1, kLarge + 7, std::int64_t{999}})
        for (const ElementType element : {ElementType::fp32, ElementType::bf16}) {
          const Algorithm& algorithm = find_algorithm(operation, name);
          CollectiveRequest request = cut_request(algorithm, ranks, elements);
          request.element = element;
          INFO(algorithm.name, " ranks ", ranks, " elements ", elements);
          check_slices(build_plan(algorithm, request));
        }
}

TEST_CASE("plans that choose their slices themselves") {
  for (const int ranks : {8, 16, 33}) {
    const Algorithm& tree = find_algorithm(Operation::all_reduce, "double_binary_tree");
    check_slices(build_plan(tree, request_of(tree, ranks, 1 << 20)));
    const Algorithm& chain = find_algorithm(Operation::exscan, "chain_pipelined");
    check_slices(build_plan(chain, request_of(chain, ranks, 1 << 20)));
  }
}

}  // namespace
}  // namespace twinlink::models
