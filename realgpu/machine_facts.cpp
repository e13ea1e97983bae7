#include "realgpu/machine_facts.h"

#include <array>
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

struct CopyTask {
  std::string name;
  const DeviceBuffer& from;
  const DeviceBuffer& to;
  const Stream& stream;
  bool graph;
};

void copy_on(const CopyTask& task, std::int64_t bytes) {
  const DeviceScope scope(task.stream.device());
  TL_CUDA(cudaMemcpyAsync(task.to.data(), task.from.data(), static_cast<std::size_t>(bytes),
                          cudaMemcpyDefault, task.stream.get()));
}

Fact copy_fact(const CopyTask& task, std::int64_t bytes) {
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) copy_on(task, bytes);
  };
  const auto size = static_cast<double>(bytes);
  return {task.name,
          {{"bytes", size}, {"graph", task.graph ? 1 : 0}},
          seconds_per_piece(task.stream, {2, 12, task.graph, {2, 10}}, issue),
          size};
}

Fact copy_both(const StreamPair& streams, const DeviceBuffer& own, const DeviceBuffer& peer) {
  const std::int64_t bytes = own.bytes() / 2;
  const auto size = static_cast<std::size_t>(bytes);
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) {
      streams.fork();
      TL_CUDA(cudaMemcpyAsync(peer.data(), own.data(), size, cudaMemcpyDefault,
                              streams.origin().get()));
      TL_CUDA(cudaMemcpyAsync(own.data() + size, peer.data() + size, size, cudaMemcpyDefault,
                              streams.side().get()));
      streams.join();
    }
  };
  return {"copy_both",
          {{"bytes", static_cast<double>(bytes)}},
          seconds_per_piece(streams.origin(), {1, 5, true, {2, 10}}, issue),
          static_cast<double>(bytes)};
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

// The reader's thread runs on `reader`, the chain lies on `home`.
Fact chase(const std::string& name, int reader, int home, std::int64_t bytes) {
  const DeviceBuffer buffer(home, bytes);
  const std::vector<std::uint64_t> chain = shuffled_chain(bytes);
  buffer.upload(chain.data(), bytes);
  const DeviceBuffer result(reader, 8);
  const Stream stream(reader);
  const auto issue = [&](int n) {
    const DeviceScope scope(reader);
    launch_chase({buffer.data(), n, reinterpret_cast<unsigned long long*>(result.data())},
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

std::vector<Fact> copy_engine_facts(const GpuPair& gpus) {
  enable_peer_access({gpus.own, gpus.peer});
  constexpr std::int64_t kMost = std::int64_t{256} << 20;
  const DeviceBuffer own(gpus.own, 2 * kMost);
  const DeviceBuffer peer(gpus.peer, 2 * kMost);
  const DeviceBuffer beside(gpus.own, kMost);
  own.fill(0x11);
  peer.fill(0x22);
  const StreamPair streams(gpus.own, gpus.peer);
  std::vector<Fact> facts;
  for (const bool graph : {true, false}) {
    const std::array tasks{CopyTask{"copy_push", own, peer, streams.origin(), graph},
                           CopyTask{"copy_pull", peer, own, streams.origin(), graph},
                           CopyTask{"copy_local", own, beside, streams.origin(), graph}};
    for (const CopyTask& task : tasks)
      for (std::int64_t bytes = 4096; bytes <= kMost; bytes *= 4)
        facts.push_back(copy_fact(task, bytes));
  }
  facts.push_back(copy_both(streams, own, peer));
  return facts;
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
