#include "models/checks/member_set.h"

#include <doctest/doctest.h>

namespace twinlink::models::checks {
namespace {

MemberSet single(std::int32_t member) { return {member, 1}; }

TEST_CASE("neighbouring members join to an interval, round the group") {
  MemberSets sets;
  SetUnion join(sets);
  join.start(5);
  CHECK(join.add(single(4)));
  CHECK(join.add(single(0)));  // after 4 comes 0
  CHECK(join.add(single(3)));  // in front
  CHECK(join.result() == MemberSet{3, 3});
  CHECK(join.add({1, 2}));
  CHECK(join.result() == MemberSet{0, 5});  // all: begins at 0 whatever the order
}

TEST_CASE("a member joins once only") {
  MemberSets sets;
  SetUnion join(sets);
  join.start(6);
  CHECK(join.add({4, 3}));  // 4 5 0
  CHECK_FALSE(join.add(single(0)));
  CHECK_FALSE(join.add({3, 2}));
  CHECK(join.add(single(2)));
  CHECK_FALSE(join.add(single(2)));
  CHECK_FALSE(join.add(single(5)));
  CHECK(sets.list(join.result(), 6) == std::vector<std::int32_t>{0, 2, 4, 5});
}

TEST_CASE("sets with gaps are equal whatever the order of joins, and may close to intervals") {
  MemberSets sets;
  SetUnion join(sets);
  join.start(130);  // three words
  for (const std::int32_t m : {0, 2, 64, 129}) CHECK(join.add(single(m)));
  const MemberSet up = join.result();
  join.start(130);
  for (const std::int32_t m : {129, 64, 2, 0}) CHECK(join.add(single(m)));
  CHECK(up.count == MemberSet::kBits);
  CHECK(join.result() == up);
  // {0, 2, 64, 129} and {1, 3..63} make 129, 0..64: one interval that begins at 129.
  CHECK(join.add(single(1)));
  CHECK(join.add({3, 61}));
  CHECK(join.result() == MemberSet{129, 66});
}

TEST_CASE("a bitset joins a bitset") {
  MemberSets sets;
  SetUnion join(sets);
  join.start(8);
  for (const std::int32_t m : {0, 2}) join.add(single(m));
  const MemberSet even = join.result();
  join.start(8);
  for (const std::int32_t m : {1, 3, 6}) join.add(single(m));
  const MemberSet odd = join.result();
  CHECK(join.add(even));
  CHECK_FALSE(join.add(odd));
  CHECK(sets.list(join.result(), 8) == std::vector<std::int32_t>{0, 1, 2, 3, 6});
}

TEST_CASE("many sets are found again") {
  MemberSets sets;
  std::vector<std::int32_t> ids;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint64_t words[] = {i * 2 + 5, i};
    ids.push_back(sets.intern(words));
  }
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint64_t words[] = {i * 2 + 5, i};
    CHECK(sets.intern(words) == ids[i]);
    CHECK(ids[i] == static_cast<std::int32_t>(i));
  }
}

}  // namespace
}  // namespace twinlink::models::checks
