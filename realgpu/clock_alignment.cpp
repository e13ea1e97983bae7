#include "realgpu/clock_alignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "realgpu/device_buffer.h"
#include "realgpu/probe_kernels.h"
#include "realgpu/stream.h"
#include "realgpu/timing.h"

namespace twinlink::realgpu {
namespace {

constexpr int kSkipped = 50;  // the other kernel may not have started yet

// One device's part: flag, times and failure mark, zeroed.
struct Player {
  explicit Player(int device)
      : stream(device), flag(device, 8), times(device, kPingPongRounds * 16), failed(device, 4) {
    flag.fill(0);
    times.fill(0);
    failed.fill(0);
  }
  [[nodiscard]] PingPongArgs args(const Player& peer, int rounds, bool first) const {
    return {reinterpret_cast<unsigned long long*>(flag.data()),
            reinterpret_cast<unsigned long long*>(peer.flag.data()),
            reinterpret_cast<ulonglong2*>(times.data()),
            reinterpret_cast<int*>(failed.data()),
            rounds,
            first};
  }
  void launch(const Player& peer, int rounds, bool first) const {
    const DeviceScope scope(stream.device());
    launch_ping_pong(args(peer, rounds, first), stream.get());
  }
  [[nodiscard]] std::vector<ulonglong2> read() const {
    int gave_up = 0;
    failed.download(&gave_up, sizeof gave_up);
    if (gave_up != 0)
      throw GpuError(
          "GPUs did not answer each other within a second: kernels on two devices do "
          "not run at the same time (CUDA_LAUNCH_BLOCKING, or a debugging tool)");
    std::vector<ulonglong2> all(kPingPongRounds);
    times.download(all.data(), times.bytes());
    return all;
  }
  Stream stream;
  DeviceBuffer flag, times, failed;
};

// Differences first, so that the numbers are small: nanoseconds since 1970 do not fit a double.
long long difference(unsigned long long a, unsigned long long b) {
  return static_cast<long long>(a - b);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

struct Round {
  double trip;    // ns
  double offset;  // ns beyond the rough offset
};

std::vector<Round> rounds_of(const std::vector<ulonglong2>& first,
                             const std::vector<ulonglong2>& second, long long rough) {
  std::vector<Round> rounds;
  for (std::size_t i = kSkipped; i < first.size(); ++i) {
    const auto trip = static_cast<double>(difference(first[i].y, first[i].x));
    const auto one_way = static_cast<double>(difference(second[i].y, first[i].x) - rough);
    rounds.push_back({trip, one_way - trip / 2});
  }
  std::sort(rounds.begin(), rounds.end(),
            [](const Round& a, const Round& b) { return a.trip < b.trip; });
  return rounds;
}

void play(const Player& a, const Player& b, int rounds) {
  b.launch(a, rounds, false);
  a.launch(b, rounds, true);
  a.stream.synchronize();
  b.stream.synchronize();
}

}  // namespace

ClockAlignment align_clocks(int first, int second) {
  const Player a(first);
  const Player b(second);
  play(a, b, 0);  // loads the kernel on both: loading may wait for a kernel that spins
  play(a, b, kPingPongRounds);
  return alignment_of(a.read(), b.read());
}

ClockAlignment alignment_of(const std::vector<ulonglong2>& first,
                            const std::vector<ulonglong2>& second) {
  const long long rough = difference(second[kSkipped].y, first[kSkipped].x);
  const std::vector<Round> rounds = rounds_of(first, second, rough);
  std::vector<double> offsets;
  for (std::size_t i = 0; i < rounds.size() / 2; ++i) offsets.push_back(rounds[i].offset);
  return {rough + std::llround(mean(offsets)), rounds[rounds.size() / 2].trip};
}

double timer_resolution_ns(int device) {
  constexpr int kReadings = 64;
  const Stream stream(device);
  const DeviceBuffer buffer(device, kReadings * 8);
  {
    const DeviceScope scope(device);
    launch_timer_readings(reinterpret_cast<unsigned long long*>(buffer.data()), kReadings,
                          stream.get());
  }
  stream.synchronize();
  std::array<unsigned long long, kReadings> readings{};
  buffer.download(readings.data(), buffer.bytes());
  long long step = difference(readings[1], readings[0]);
  for (std::size_t i = 1; i < readings.size(); ++i)
    step = std::min(step, difference(readings[i], readings[i - 1]));
  return static_cast<double>(step);
}

}  // namespace twinlink::realgpu
