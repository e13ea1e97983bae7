#include "realgpu/process_clocks.h"

#include "realgpu/clock_alignment.h"
#include "realgpu/probe_kernels.h"
#include "realgpu/stream.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kFlagBytes = 256;

// This process's part in the ping-pong with one other.
class Player {
 public:
  Player(ProcessGpus& processes, int peer)
      : processes_(processes),
        peer_(peer),
        stream_(processes.device()),
        times_(processes.device(), kPingPongRounds * 16),
        failed_(processes.device(), 4) {}

  // Both come with the same number of rounds, between two barriers of all processes.
  void clear() const {
    DeviceSpan{flag(processes_.group().rank()), processes_.device(), kFlagBytes}.fill(0);
    times_.fill(0);
    failed_.fill(0);
  }
  void play(int rounds) const {
    const bool first = processes_.group().rank() == 0;
    const DeviceScope scope(stream_.device());
    launch_ping_pong({reinterpret_cast<unsigned long long*>(flag(processes_.group().rank())),
                      reinterpret_cast<unsigned long long*>(flag(peer_)),
                      reinterpret_cast<ulonglong2*>(times_.data()),
                      reinterpret_cast<int*>(failed_.data()), rounds, first},
                     stream_.get());
    stream_.synchronize();
  }
  [[nodiscard]] std::vector<ulonglong2> read() const {
    int gave_up = 0;
    failed_.download(&gave_up, sizeof gave_up);
    if (gave_up != 0)
      throw GpuError("the GPUs of two processes did not answer each other within a second");
    std::vector<ulonglong2> all(kPingPongRounds);
    times_.download(all.data(), times_.bytes());
    return all;
  }

 private:
  [[nodiscard]] std::byte* flag(int process) const { return processes_.meeting().of(process); }

  ProcessGpus& processes_;
  int peer_;
  Stream stream_;
  DeviceBuffer times_, failed_;
};

long long correction_of(ProcessGpus& processes, int other) {
  ProcessGroup& group = processes.group();
  const bool plays = group.rank() == 0 || group.rank() == other;
  std::vector<ulonglong2> times(kPingPongRounds);
  std::optional<Player> player;
  group.together("timers made ready", [&] {
    if (!plays) return;
    player.emplace(processes, group.rank() == 0 ? other : 0);
    player->clear();
    player->play(0);  // loads the kernel, which may wait for one that spins
  });
  group.together("timers compared", [&] {
    if (!plays) return;
    player->play(kPingPongRounds);
    times = player->read();
  });
  const auto all = group.all_gather_vectors("timer readings", times);
  return -alignment_of(all[0], all[static_cast<std::size_t>(other)]).offset_ns;
}

}  // namespace

std::vector<long long> timer_corrections(ProcessGpus& processes) {
  const int size = processes.group().size();
  processes.meeting().reserve(
      std::vector<std::int64_t>(static_cast<std::size_t>(size), kFlagBytes));
  std::vector<long long> corrections{0};
  for (int other = 1; other < size; ++other) corrections.push_back(correction_of(processes, other));
  return corrections;
}

std::vector<Stamp> merged(ProcessGroup& group, const std::vector<Stamp>& mine) {
  std::vector<Stamp> all = mine;
  for (const std::vector<Stamp>& one : group.all_gather_vectors("stamps", mine))
    for (std::size_t i = 0; i < all.size(); ++i)
      if (one[i].end != 0) all[i] = one[i];
  return all;
}

}  // namespace twinlink::realgpu
