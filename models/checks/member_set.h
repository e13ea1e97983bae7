#pragma once
// Sets of members of a group, for commuting folds: an interval round the group (rings, rotated
// orders) is stored as it is, anything else is a hash-consed bitset. Equal sets have equal values.
#include <cstdint>
#include <span>
#include <vector>

namespace twinlink::models::checks {

struct MemberSet {
  static constexpr std::int32_t kBits = -1;
  std::int32_t first = 0;  // first member, or the number of the bitset
  std::int32_t count = 0;  // members first, first+1, ... modulo the group; or kBits
  friend bool operator==(const MemberSet&, const MemberSet&) = default;
};

// The bitsets of a proof, each stored once. Full at kMaxWords words: then a proof must stop.
class MemberSets {
 public:
  static constexpr std::size_t kMaxWords = std::size_t{1} << 27;
  [[nodiscard]] bool full() const { return words_.size() >= kMaxWords; }
  // Words of bitset `id`, as many as it was interned with.
  [[nodiscard]] std::span<const std::uint64_t> words(std::int32_t id) const;
  std::int32_t intern(std::span<const std::uint64_t> words);
  // Members of `set`, of a group of `members`, ascending.
  [[nodiscard]] std::vector<std::int32_t> list(MemberSet set, std::int32_t members) const;

 private:
  void grow();
  std::vector<std::uint64_t> words_;
  std::vector<std::size_t> begin_{0};
  std::vector<std::int32_t> table_ = std::vector<std::int32_t>(1024, -1);  // open addressing
};

// Joins disjoint sets of one group, one after the other.
class SetUnion {
 public:
  explicit SetUnion(MemberSets& sets) : sets_(sets) {}
  // Empties the union; it is over a group of `members` now.
  void start(std::int32_t members);
  // False, and nothing changes, if `set` shares a member with those already in. Sets are not empty.
  bool add(MemberSet set);
  MemberSet result();

 private:
  bool add_interval(MemberSet set);
  bool add_bits(MemberSet set);
  void to_bits(MemberSet set, std::vector<std::uint64_t>& bits) const;

  MemberSets& sets_;
  std::int32_t members_ = 0;
  MemberSet interval_;               // while it is one
  std::vector<std::uint64_t> bits_;  // not empty: the union is no interval (any more)
  std::vector<std::uint64_t> other_;
};

}  // namespace twinlink::models::checks
