#pragma once
// What each resource gives to flows that other resources own, in integer units, and which unit
// flows (sharing.h) take part: a bit per owner and other resource.
//
// A change of an owner's level is added to every resource with a bit in its row. Where the
// processor has 512-bit vectors that is one masked addition per 8 resources, else one addition per
// bit: the sums are of integers, so both give the same. Columns are ordered such that a row of a
// machine with an out port and an in port per GPU, numbered in turn, is zero in one half.
// Rows take n^2 / 8 bytes, from the first bit on; above kMostRows resources there are none.
#include <cstdint>
#include <vector>

namespace twinlink::sim {

class Usage {
 public:
  static constexpr std::size_t kMostRows = 16'384;

  enum class Vectors : bool { never, where_possible };
  explicit Usage(std::size_t resources, Vectors vectors = Vectors::where_possible);
  [[nodiscard]] std::int64_t operator[](std::int32_t r) const {
    const std::size_t c = column(r);
    return lines_[c / kLine].units[c % kLine];
  }
  void add(std::int32_t r, std::int64_t units) {
    const std::size_t c = column(r);
    lines_[c / kLine].units[c % kLine] += units;
  }

  [[nodiscard]] bool has_rows() const { return resources_ <= kMostRows; }
  [[nodiscard]] bool has(std::int32_t owner, std::int32_t other) const {
    if (rows_.empty()) return false;
    return (rows_[word(owner, other)] >> (column(other) % kWord) & 1) != 0;
  }
  void set(std::int32_t owner, std::int32_t other, bool bit);
  // Adds to every resource with a bit in the owner's row.
  void push(std::int32_t owner, std::int64_t units);
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t kWord = 64;
  static constexpr std::size_t kLine = 8;
  struct alignas(64) Line {
    std::int64_t units[kLine] = {};
  };
  struct Span {  // the words of a row in which a bit was ever set
    std::uint32_t begin = UINT32_MAX, end = 0;
  };
  using Push = void (*)(std::int64_t* units, const std::uint64_t* row, std::size_t words,
                        std::int64_t change);

  [[nodiscard]] std::size_t column(std::int32_t r) const {
    const auto i = static_cast<std::size_t>(r);
    return i % 2 * half_ + i / 2;
  }
  [[nodiscard]] std::size_t words() const { return 2 * half_ / kWord; }
  [[nodiscard]] std::size_t word(std::int32_t owner, std::int32_t other) const {
    return static_cast<std::size_t>(owner) * words() + column(other) / kWord;
  }

  std::size_t resources_;
  std::size_t half_;  // columns of even resources, whole words of them
  std::vector<Line> lines_;
  std::vector<std::uint64_t> rows_;
  std::vector<Span> spans_;  // per row
  Push push_;
};

}  // namespace twinlink::sim
