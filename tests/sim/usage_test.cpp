// Usage: what a push adds, with and without vector instructions.
#include "sim/usage.h"

#include <doctest/doctest.h>

#include <random>
#include <utility>

namespace twinlink::sim::test {
namespace {

using Grid = std::vector<std::vector<char>>;

// The definition, one bit after another.
void push(std::vector<std::int64_t>& units, const std::vector<char>& row, std::int64_t change) {
  for (std::size_t other = 0; other < row.size(); ++other)
    if (row[other] != 0) units[other] += change;
}

TEST_CASE("a push adds to the resources of the owner's bits and to no other") {
  for (const std::size_t n : {1, 2, 3, 63, 64, 65, 127, 128, 129, 200, 513}) {
    for (const auto vectors : {Usage::Vectors::never, Usage::Vectors::where_possible}) {
      INFO(n, " resources, seed 1");
      std::mt19937 random(1);
      const auto any = [&] { return static_cast<std::int32_t>(random() % n); };
      Usage usage(n, vectors);
      Grid bits(n, std::vector<char>(n, 0));
      std::vector<std::int64_t> expected(n, 0);
      for (int step = 0; step < 3000; ++step) {
        const std::int32_t owner = any(), other = any();
        char& bit = bits[static_cast<std::size_t>(owner)][static_cast<std::size_t>(other)];
        REQUIRE(usage.has(owner, other) == (bit != 0));
        bit = random() % 4 == 0 ? 0 : 1;
        usage.set(owner, other, bit != 0);
        const std::int64_t change = static_cast<std::int64_t>(random()) - 2'000'000'000;
        usage.push(owner, change);
        push(expected, bits[static_cast<std::size_t>(owner)], change);
        usage.add(other, 7);
        expected[static_cast<std::size_t>(other)] += 7;
      }
      for (std::size_t r = 0; r < n; ++r) CHECK(usage[static_cast<std::int32_t>(r)] == expected[r]);
    }
  }
}

TEST_CASE("a bit that was cleared gets nothing, an owner without bits gives nothing") {
  Usage usage(4);
  usage.set(0, 3, true);
  usage.set(0, 1, true);
  usage.set(0, 3, false);
  usage.push(0, 5);
  usage.push(2, 100);
  CHECK(std::pair(usage[1], usage[3]) == std::pair<std::int64_t, std::int64_t>(5, 0));
  CHECK(usage[0] + usage[2] == 0);
}

}  // namespace
}  // namespace twinlink::sim::test
