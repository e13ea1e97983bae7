#include "models/checks/member_set.h"

#include <algorithm>
#include <bit>

namespace twinlink::models::checks {
namespace {

constexpr std::int32_t kWord = 64;

std::size_t words_for(std::int32_t members) {
  return static_cast<std::size_t>((members + kWord - 1) / kWord);
}

void set_bit(std::span<std::uint64_t> bits, std::int32_t member) {
  bits[static_cast<std::size_t>(member / kWord)] |= std::uint64_t{1} << (member % kWord);
}

bool has_bit(std::span<const std::uint64_t> bits, std::int32_t member) {
  return (bits[static_cast<std::size_t>(member / kWord)] >> (member % kWord) & 1) != 0;
}

std::uint64_t hash(std::span<const std::uint64_t> words) {
  std::uint64_t h = 0x9E37'79B9'7F4A'7C15 ^ words.size();
  for (const std::uint64_t word : words) h = std::rotl((h ^ word) * 0xBF58'476D'1CE4'E5B9, 29);
  return h ^ (h >> 32);
}

// Where the only run of ones begins, round the group; -1 if there are several runs, or none.
std::int32_t only_run(std::span<const std::uint64_t> bits, std::int32_t members) {
  std::uint64_t before = has_bit(bits, members - 1) ? 1 : 0;
  std::int32_t begin = -1;
  for (std::size_t w = 0; w < bits.size(); ++w) {
    const std::uint64_t begins = bits[w] & ~(bits[w] << 1 | before);
    before = bits[w] >> (kWord - 1);
    if (begins == 0) continue;
    if (begin >= 0 || std::popcount(begins) > 1) return -1;
    begin = static_cast<std::int32_t>(w) * kWord + std::countr_zero(begins);
  }
  return begin;
}

}  // namespace

std::span<const std::uint64_t> MemberSets::words(std::int32_t id) const {
  const auto i = static_cast<std::size_t>(id);
  return std::span(words_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
}

std::int32_t MemberSets::intern(std::span<const std::uint64_t> bits) {
  if (begin_.size() * 2 > table_.size()) grow();
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = hash(bits) & mask;
  for (; table_[slot] >= 0; slot = (slot + 1) & mask) {
    const auto held = words(table_[slot]);
    if (std::equal(held.begin(), held.end(), bits.begin(), bits.end())) return table_[slot];
  }
  table_[slot] = static_cast<std::int32_t>(begin_.size()) - 1;
  words_.insert(words_.end(), bits.begin(), bits.end());
  begin_.push_back(words_.size());
  return table_[slot];
}

void MemberSets::grow() {
  std::vector<std::int32_t> bigger(table_.size() * 2, -1);
  const std::size_t mask = bigger.size() - 1;
  for (std::size_t id = 0; id + 1 < begin_.size(); ++id) {
    std::size_t slot = hash(words(static_cast<std::int32_t>(id))) & mask;
    while (bigger[slot] >= 0) slot = (slot + 1) & mask;
    bigger[slot] = static_cast<std::int32_t>(id);
  }
  table_ = std::move(bigger);
}

std::vector<std::int32_t> MemberSets::list(MemberSet set, std::int32_t members) const {
  std::vector<std::int32_t> result;
  for (std::int32_t i = 0; i < set.count; ++i) result.push_back((set.first + i) % members);
  if (set.count == MemberSet::kBits)
    for (std::int32_t i = 0; i < members; ++i)
      if (has_bit(words(set.first), i)) result.push_back(i);
  std::sort(result.begin(), result.end());
  return result;
}

void SetUnion::start(std::int32_t members) {
  members_ = members;
  interval_ = {};
  bits_.clear();
}

bool SetUnion::add(MemberSet set) {
  if (bits_.empty() && interval_.count == 0) {
    if (set.count != MemberSet::kBits) return interval_ = set, true;
    to_bits(set, bits_);
    return true;
  }
  if (bits_.empty() && set.count != MemberSet::kBits) return add_interval(set);
  return add_bits(set);
}

bool SetUnion::add_interval(MemberSet set) {
  const auto steps = [this](std::int32_t from, std::int32_t to) {
    return to >= from ? to - from : to - from + members_;
  };
  const std::int32_t ahead = steps(interval_.first, set.first);
  const std::int32_t behind = steps(set.first, interval_.first);
  if (ahead < interval_.count || behind < set.count) return false;
  if (ahead != interval_.count && behind != set.count) return add_bits(set);
  if (ahead != interval_.count) interval_.first = set.first;
  interval_.count += set.count;
  return true;
}

bool SetUnion::add_bits(MemberSet set) {
  to_bits(set, other_);
  if (bits_.empty()) to_bits(interval_, bits_);
  for (std::size_t w = 0; w < bits_.size(); ++w)
    if ((bits_[w] & other_[w]) != 0) return false;
  for (std::size_t w = 0; w < bits_.size(); ++w) bits_[w] |= other_[w];
  return true;
}

void SetUnion::to_bits(MemberSet set, std::vector<std::uint64_t>& bits) const {
  if (set.count == MemberSet::kBits) {
    const auto words = sets_.words(set.first);
    bits.assign(words.begin(), words.end());
    return;
  }
  bits.assign(words_for(members_), 0);
  for (std::int32_t i = 0; i < set.count; ++i) set_bit(bits, (set.first + i) % members_);
}

MemberSet SetUnion::result() {
  if (bits_.empty()) return interval_.count == members_ ? MemberSet{0, members_} : interval_;
  std::int32_t count = 0;
  for (const std::uint64_t word : bits_) count += std::popcount(word);
  if (count == members_) return {0, members_};
  const std::int32_t begin = only_run(bits_, members_);
  if (begin >= 0) return {begin, count};
  return {sets_.intern(bits_), MemberSet::kBits};
}

}  // namespace twinlink::models::checks
