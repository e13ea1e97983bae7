#include "sim/event_queue.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

namespace twinlink::sim {
namespace {

TEST_CASE("events come in order of time, and of two at one time the one pushed first") {
  EventQueue queue;
  for (const auto& [when, what] : {std::pair{5, 0U}, {9, 1U}, {5, 2U}, {1, 3U}, {9, 4U}})
    queue.push({when}, what);
  std::vector<std::uint32_t> order;
  while (!queue.empty()) order.push_back(queue.pop().what);
  CHECK(order == std::vector<std::uint32_t>{3, 0, 2, 1, 4});
}

TEST_CASE("10,000 random pushes and pops agree with an ordered set") {
  constexpr std::uint32_t kSeed = 11;
  INFO("seed ", kSeed);
  std::mt19937 random(kSeed);
  EventQueue queue;
  std::set<std::pair<std::int64_t, std::uint32_t>> expected;  // what counts up, like the sequence
  for (std::uint32_t what = 0; what < 10'000; ++what) {
    const auto when = static_cast<std::int64_t>(what / 64 + random() % 100);
    queue.push({when}, what);
    expected.emplace(when, what);
    if (random() % 3 == 0) continue;
    REQUIRE(queue.top().when == expected.begin()->first);
    REQUIRE(queue.pop().what == expected.begin()->second);
    expected.erase(expected.begin());
  }
  for (const auto& [when, what] : expected) REQUIRE(queue.pop().what == what);
  CHECK(queue.empty());
}

}  // namespace
}  // namespace twinlink::sim
