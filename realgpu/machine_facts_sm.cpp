#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "realgpu/device_buffer.h"
#include "realgpu/kernels.h"
#include "realgpu/machine_facts.h"
#include "realgpu/peer_access.h"
#include "realgpu/repeated.h"
#include "realgpu/stream_pair.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kMost = std::int64_t{256} << 20;
constexpr int kTrips = 48;  // enough that a launch gap is a small part

LaunchShape shape_of(int ctas, int threads, int loads) {
  LaunchShape shape;
  shape.ctas = ctas;
  shape.threads = threads;
  shape.loads = loads;
  return shape;
}

// Whole trips of every thread, as many as fit the buffers.
std::int64_t payload(const LaunchShape& shape) {
  const std::int64_t trip = std::int64_t{16} * shape.ctas * shape.threads * shape.loads;
  return trip * std::min<std::int64_t>(kTrips, kMost / trip);
}

Fact labelled(const std::string& name, const LaunchShape& shape, std::vector<double> seconds) {
  const auto bytes = static_cast<double>(payload(shape));
  return {
      name,
      {{"bytes", bytes}, {"ctas", shape.ctas}, {"threads", shape.threads}, {"loads", shape.loads}},
      std::move(seconds),
      bytes};
}

void copy_on(const Stream& stream, const DeviceBuffer& from, const DeviceBuffer& to,
             const LaunchShape& shape) {
  const DeviceScope scope(stream.device());
  CopyArgs args;
  args.sources[0] = from.data();
  args.destinations[0] = to.data();
  args.bytes[0] = payload(shape);
  args.pairs = 1;
  launch_copy(args, shape, stream.get());
}

// Buffers on both GPUs, large enough for every shape.
struct Bench {
  explicit Bench(const GpuPair& gpus)
      : streams(gpus.own, gpus.peer),
        own(gpus.own, kMost),
        beside(gpus.own, kMost),
        peer(gpus.peer, kMost),
        peer_beside(gpus.peer, kMost) {
    for (const DeviceBuffer* buffer : {&own, &beside, &peer, &peer_beside}) buffer->fill(0x3F);
  }
  StreamPair streams;
  DeviceBuffer own, beside, peer, peer_beside;
};

Fact one_way(const std::string& name, const Stream& stream, const DeviceBuffer& from,
             const DeviceBuffer& to, const LaunchShape& shape) {
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) copy_on(stream, from, to, shape);
  };
  return labelled(name, shape, seconds_per_piece(stream, {1, 5, true, {2, 10}}, issue));
}

Fact both_pull(const Bench& bench, const LaunchShape& shape) {
  const auto issue = [&](int n) {
    for (int i = 0; i < n; ++i) {
      bench.streams.fork();
      copy_on(bench.streams.origin(), bench.peer, bench.beside, shape);
      copy_on(bench.streams.side(), bench.own, bench.peer_beside, shape);
      bench.streams.join();
    }
  };
  return labelled("sm_both", shape,
                  seconds_per_piece(bench.streams.origin(), {1, 5, true, {2, 10}}, issue));
}

Fact fold_fact(const Bench& bench, const LaunchShape& shape) {
  FoldArgs args;
  args.sources[0] = bench.own.data();
  args.sources[1] = bench.peer.data();
  args.source_count = 2;
  args.destinations[0] = bench.beside.data();
  args.destinations[1] = bench.peer_beside.data();
  args.destination_count = 2;
  args.elements = payload(shape) / 4;
  const auto issue = [&](int n) {
    const DeviceScope scope(bench.streams.origin().device());
    for (int i = 0; i < n; ++i)
      launch_fold(Scalar::fp32, args, shape, bench.streams.origin().get());
  };
  return labelled("sm_fold", shape,
                  seconds_per_piece(bench.streams.origin(), {1, 5, true, {2, 10}}, issue));
}

std::vector<LaunchShape> shapes(std::initializer_list<int> all_ctas,
                                std::initializer_list<int> all_threads,
                                std::initializer_list<int> all_loads) {
  std::vector<LaunchShape> result;
  for (const int ctas : all_ctas)
    for (const int threads : all_threads)
      for (const int loads : all_loads)
        if (loads < 8 || threads <= 512) result.push_back(shape_of(ctas, threads, loads));
  return result;
}

}  // namespace

std::vector<Fact> sm_facts(const GpuPair& gpus) {
  enable_peer_access({gpus.own, gpus.peer});
  const Bench bench(gpus);
  const Stream& stream = bench.streams.origin();
  std::vector<Fact> facts;
  for (const LaunchShape& shape :
       shapes({1, 2, 4, 8, 16, 32, 64, 128}, {128, 512, 1024}, {1, 2, 4, 8}))
    facts.push_back(one_way("sm_pull", stream, bench.peer, bench.beside, shape));
  for (const LaunchShape& shape : shapes({1, 4, 8, 16, 32, 64, 128}, {512, 1024}, {1, 4}))
    facts.push_back(one_way("sm_push", stream, bench.own, bench.peer, shape));
  for (const LaunchShape& shape : shapes({1, 8, 32, 132, 264, 528}, {512}, {1, 4, 8}))
    facts.push_back(one_way("sm_local", stream, bench.own, bench.beside, shape));
  for (const LaunchShape& shape : shapes({4, 8, 16, 32, 64, 128}, {512}, {1, 4}))
    facts.push_back(both_pull(bench, shape));
  for (const LaunchShape& shape : shapes({1, 4, 16, 32, 64, 128}, {512}, {1, 2, 4, 8}))
    facts.push_back(fold_fact(bench, shape));
  return facts;
}

}  // namespace twinlink::realgpu
