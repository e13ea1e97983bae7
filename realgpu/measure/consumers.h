#pragma once
// Consumers of links and memory for the suites `overlap` and `sharing`: pieces of 128 MiB (which L2
// does not hold) between the buffers of a PairBench.
#include "realgpu/measure/beside.h"
#include "realgpu/measure/pair_bench.h"

namespace twinlink::realgpu {

inline constexpr std::int64_t kConsumerBytes = std::int64_t{128} << 20;

enum class Path { pull, push, local };

// Slot 0 or 1: two consumers of one kind must not touch the same bytes. The bench holds two slots.
Consumer engine_consumer(const PairBench& bench, Path path, int slot);
Consumer sm_consumer(const PairBench& bench, Path path, const LaunchShape& shape, int slot);
Consumer read_consumer(const PairBench& bench, const LaunchShape& shape, int slot);

}  // namespace twinlink::realgpu
