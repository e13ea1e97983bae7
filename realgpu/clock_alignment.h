#pragma once
// How far the global timers of two GPUs are apart, from a ping-pong of flags between them.
//
// Round i: the first GPU sends at a, the second sees it at b, the first sees the answer at c. With
// equal flight times both ways, clock(second) - clock(first) = b - (a + c) / 2. The mean is taken
// over the faster half of the rounds. Uncertainty: a quarter of the round trip (asymmetry) plus the
// timer's resolution over the square root of the rounds; below 0.5 us on an NVLink pair.
// Peer access must be enabled. Throws GpuError if the two kernels did not run at the same time.
#include <vector_types.h>

#include <vector>

namespace twinlink::realgpu {

inline constexpr int kPingPongRounds = 400;

struct ClockAlignment {
  long long offset_ns = 0;   // clock of `second` minus clock of `first`; may be large
  double round_trip_ns = 0;  // median; half of it is one flag
};

ClockAlignment align_clocks(int first, int second);

// From the times of kPingPongRounds rounds that both have noted (PingPongArgs::times).
ClockAlignment alignment_of(const std::vector<ulonglong2>& first,
                            const std::vector<ulonglong2>& second);

// Smallest step of a device's global timer, in ns.
double timer_resolution_ns(int device);

}  // namespace twinlink::realgpu
