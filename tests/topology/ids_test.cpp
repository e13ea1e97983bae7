#include "topology/ids.h"

#include <doctest/doctest.h>

#include <type_traits>

using namespace twinlink;

TEST_CASE("a default id is none, others index from 0") {
  CHECK_FALSE(NodeId{}.valid());
  CHECK(NodeId{std::int32_t{0}}.valid());
  CHECK(NodeId{std::size_t{7}}.index() == 7);
  CHECK(NodeId{3} < NodeId{4});
}

TEST_CASE("ids of different kinds cannot be mixed up") {
  static_assert(!std::is_convertible_v<NodeId, LinkId>);
  static_assert(!std::is_constructible_v<Rank, NodeId>);
  static_assert(!std::is_convertible_v<int, NodeId>);
  CHECK(std::is_constructible_v<NodeId, int>);
}
