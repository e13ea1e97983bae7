#include "realgpu/measure/pair_bench.h"

#include "realgpu/peer_access.h"

namespace twinlink::realgpu {
namespace {

// Before the buffers: memory allocated later is mapped for the peer at once.
int with_access(int own, int peer) {
  enable_peer_access(own == peer ? std::vector<int>{own} : std::vector<int>{own, peer});
  return own;
}

}  // namespace

PairBench::PairBench(int own_gpu, int peer_gpu, std::int64_t bytes)
    : streams(with_access(own_gpu, peer_gpu), peer_gpu),
      own(own_gpu, bytes),
      beside(own_gpu, bytes),
      peer(peer_gpu, bytes),
      peer_beside(peer_gpu, bytes) {
  // fp32 0.747: neither zeros, which cost less power, nor infinities.
  for (const DeviceBuffer* buffer : {&own, &beside, &peer, &peer_beside}) buffer->fill(0x3F);
}

LaunchShape sm_shape(int ctas, int loads, int threads) {
  LaunchShape shape;
  shape.ctas = ctas;
  shape.threads = threads;
  shape.loads = loads;
  return shape;
}

void copy_by_sms(const Stream& stream, const std::byte* from, std::byte* to,
                 const LaunchShape& shape, std::int64_t bytes) {
  const DeviceScope scope(stream.device());
  CopyArgs args;
  args.sources[0] = from;
  args.destinations[0] = to;
  args.bytes[0] = bytes;
  args.pairs = 1;
  launch_copy(args, shape, stream.get());
}

void copy_by_engine(const Stream& stream, const std::byte* from, std::byte* to,
                    std::int64_t bytes) {
  const DeviceScope scope(stream.device());
  TL_CUDA(
      cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDefault, stream.get()));
}

std::vector<std::int64_t> sweep_sizes(std::int64_t most, bool quick) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t bytes = 1024; bytes <= most; bytes *= quick ? 32 : 4) sizes.push_back(bytes);
  return sizes;
}

What sm_what(const std::string& name, std::int64_t bytes, const LaunchShape& shape) {
  What what = sized_what(name, bytes);
  what.emplace_back("ctas", static_cast<double>(shape.ctas));
  what.emplace_back("threads", static_cast<double>(shape.threads));
  what.emplace_back("loads", static_cast<double>(shape.loads));
  return what;
}

What sized_what(const std::string& name, std::int64_t bytes) {
  return {{"measure", name}, {"bytes", static_cast<double>(bytes)}};
}

}  // namespace twinlink::realgpu
