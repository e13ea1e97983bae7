#include "realgpu/machine_facts.h"

#include <cstdint>
#include <random>

#include "realgpu/clock_alignment.h"
#include "realgpu/device_buffer.h"
#include "realgpu/peer_access.h"
#include "realgpu/probe_kernels.h"
#include "realgpu/repeated.h"
#include "realgpu/stream_pair.h"

namespace twinlink::realgpu {
namespace {

void empty_on(const Stream& stream) {
  const DeviceScope scope(stream.device());
  launch_empty(stream.get());
}

Fact gap(const std::string& name, int device, bool graph) {
  const Stream stream(device);
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) empty_on(stream);
  };
  return {name, {}, seconds_per_piece(stream, {10, 210, graph, {3, 20}}, issue), 0};
}

// One piece: there and back, two hops; so half of it is one hop.
Fact hop(const std::string& name, const StreamPair& streams) {
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) {
      empty_on(streams.origin());
      streams.fork();
      empty_on(streams.side());
      streams.join();
    }
  };
  Fact fact{name, {}, seconds_per_piece(streams.origin(), {5, 105, true, {3, 20}}, issue), 0};
  for (double& s : fact.seconds) s /= 2;
  return fact;
}

Fact fork_join(const StreamPair& streams) {
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) {
      streams.fork();
      empty_on(streams.origin());
      empty_on(streams.side());
      streams.join();
    }
  };
  return {"fork_join", {}, seconds_per_piece(streams.origin(), {5, 105, true, {3, 20}}, issue), 0};
}

// A cycle through all 128-byte lines of a buffer in shuffled order: line i holds the next offset.
std::vector<std::uint64_t> shuffled_chain(std::int64_t bytes) {
  const auto lines = static_cast<std::size_t>(bytes / 128);
  std::vector<std::uint64_t> order(lines);
  for (std::size_t i = 0; i < lines; ++i) order[i] = i;
  std::mt19937_64 random(1);
  for (std::size_t i = lines - 1; i > 1; --i) std::swap(order[i], order[1 + random() % i]);
  std::vector<std::uint64_t> chain(lines * 16, 0);
  for (std::size_t i = 0; i < lines; ++i) chain[order[i] * 16] = order[(i + 1) % lines] * 128;
  return chain;
}

// The reader's thread runs on `reader`, the chain lies on `home`. Every launch goes on where the
// one before ended: a chain longer than the L2 is never found there.
Fact chase(const std::string& name, int reader, int home, std::int64_t bytes) {
  const DeviceBuffer buffer(home, bytes);
  const std::vector<std::uint64_t> chain = shuffled_chain(bytes);
  buffer.upload(chain.data(), bytes);
  const DeviceBuffer position(reader, 8);
  position.fill(0);
  const Stream stream(reader);
  const auto issue = [&](int n) {
    const DeviceScope scope(reader);
    launch_chase({buffer.data(), n, reinterpret_cast<unsigned long long*>(position.data())},
                 stream.get());
  };
  return {name,
          {{"bytes", static_cast<double>(bytes)}},
          seconds_per_piece(stream, {2000, 22000, false, {2, 5}}, issue),
          0};
}

}  // namespace

std::vector<Fact> launch_facts(const GpuPair& gpus) {
  enable_peer_access({gpus.own, gpus.peer});
  return {gap("graph_gap", gpus.own, true), gap("eager_gap", gpus.own, false),
          hop("event_local", StreamPair(gpus.own, gpus.own)),
          hop("event_peer", StreamPair(gpus.own, gpus.peer)),
          fork_join(StreamPair(gpus.own, gpus.peer))};
}

std::vector<Fact> latency_facts(const GpuPair& gpus) {
  enable_peer_access({gpus.own, gpus.peer});
  constexpr std::int64_t kMiB = 1 << 20;
  std::vector<Fact> facts{chase("chase_l2", gpus.own, gpus.own, 4 * kMiB),
                          chase("chase_hbm", gpus.own, gpus.own, 512 * kMiB),
                          chase("chase_peer", gpus.own, gpus.peer, 512 * kMiB)};
  Fact flag{"flag", {}, {}, 0};
  for (int i = 0; i < 5; ++i)
    flag.seconds.push_back(align_clocks(gpus.own, gpus.peer).round_trip_ns * 0.5e-9);
  facts.push_back(flag);
  facts.push_back({"timer_step", {}, {timer_resolution_ns(gpus.own) * 1e-9}, 0});
  return facts;
}

}  // namespace twinlink::realgpu
