#pragma once
// Many independent elements, a range of them for each thread.
//
// Comparing a gigabyte with its definition is what a run on real GPUs waits for longest; elements
// of inputs are functions of their index alone, so the values do not depend on the number of
// threads. Small counts stay on the calling thread. `body(begin, end)` must not throw.
#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace twinlink::models {

// Elements from which another thread pays: some 3 ns each against 20 us for a thread.
inline constexpr std::int64_t kElementsPerThread = std::int64_t{1} << 18;

template <class Body>
void for_element_ranges(std::int64_t count, const Body& body) {
  const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::int64_t parts = std::clamp<std::int64_t>(count / kElementsPerThread, 1, cores);
  const auto run = [&](std::int64_t part) {
    body(count * part / parts, count * (part + 1) / parts);
  };
  std::vector<std::jthread> others;
  for (std::int64_t part = 1; part < parts; ++part) others.emplace_back(run, part);
  run(0);
}

}  // namespace twinlink::models
