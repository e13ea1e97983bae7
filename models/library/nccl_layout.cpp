#include "models/library/nccl_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

using nccl::Generation;

std::size_t at(NcclProtocol protocol) { return static_cast<std::size_t>(protocol); }

NcclGraph fastest_rings(const Generation& g) {
  NcclGraph best;
  for (const double speed : g.speeds_intra) {
    const int fit = static_cast<int>(g.nvlink_total / speed);
    const int channels = std::min(fit, nccl::kGraphChannelsMax);
    if (channels * speed > best.channels * best.speed) best = {channels, speed};
  }
  return best;
}

// Channels at 25 GB/s and more are used twice at half the speed; on later generations only those at
// 50 GB/s and more, or where there are few.
NcclGraph split_fast(const NcclGraph& graph, const Generation& g) {
  const bool keep = !g.duplicates_slow_channels && graph.speed < 50 && graph.channels > 4;
  if (graph.speed < 25 || keep) return graph;
  return {2 * graph.channels, graph.speed / 2};
}

// Across domains every GPU's NIC carries one ring.
NcclGraph rings_across(const NcclQuestion& q, const Generation& g) {
  double speed = g.speeds_inter.back();
  for (const double candidate : g.speeds_inter)
    if (candidate <= q.nic_rate) speed = std::max(speed, candidate);
  return split_fast({std::min(q.ranks_per_domain, nccl::kGraphChannelsMax), speed}, g);
}

// Fewer channels, then fewer threads, while the size is not worth them.
void reduce_channels(NcclChoice& choice, const NcclQuestion& q, std::int64_t threshold) {
  const std::int64_t bytes = q.bytes.count;
  while (choice.channels > 1 && bytes < std::int64_t{choice.channels} * choice.threads * threshold)
    --choice.channels;
  while (choice.threads % 128 == 0 &&
         bytes < std::int64_t{choice.channels} * choice.threads * threshold)
    choice.threads /= 2;
}

int with_extra_warps(const NcclChoice& choice) {
  int threads = choice.threads;
  if (choice.algorithm == NcclAlgorithm::tree) return nccl::kMaxThreads;
  if (choice.protocol == NcclProtocol::simple) threads += nccl::kWarp;
  return std::max(threads, 3 * nccl::kWarp);
}

std::int64_t nvls_chunk(const NcclQuestion& q, int channels) {
  const std::int64_t ops = std::int64_t{channels} * nccl_nvls_heads(q);
  std::int64_t chunk = nccl::kNvlsChunk;
  const auto shrink = [&](std::int64_t rounds, std::int64_t to) {
    if (q.bytes.count < rounds * ops * chunk && chunk > to) chunk = to;
  };
  shrink(64, 65536);
  shrink(8, 32768);
  shrink(2, 16384);
  return chunk;
}

// LL128 trees shrink their chunk so that the pipeline fills.
std::int64_t tree_ll128_chunk(const NcclQuestion& q, int channels, std::int64_t chunk) {
  const double per_domain = q.ranks_per_domain;
  const double steps = 1 + std::floor(std::log2(static_cast<double>(q.domains))) + 0.1 * per_domain;
  const auto loops = [&] {
    return static_cast<double>(q.bytes.count / (std::int64_t{channels} * chunk));
  };
  while (chunk > 131072 && loops() < steps * 64 / per_domain) chunk /= 2;
  while (chunk > 32768 && loops() < steps * 16 / per_domain) chunk /= 2;
  return chunk;
}

void set_chunk(NcclChoice& choice, const NcclQuestion& q) {
  const std::int64_t slot = nccl::kSimpleBuffer / nccl::kSlots;
  std::int64_t chunk = slot, slice = slot;
  switch (choice.protocol) {
    case NcclProtocol::ll: chunk = slice = nccl::kLlBuffer / nccl::kSlots / 2; break;
    case NcclProtocol::ll128:
      chunk = nccl::kLl128Buffer / nccl::kSlots / 16 * 15;
      if (choice.algorithm == NcclAlgorithm::tree)
        chunk = tree_ll128_chunk(q, choice.channels, chunk);
      slice = chunk;
      break;
    case NcclProtocol::simple:
      if (choice.algorithm == NcclAlgorithm::nvls) chunk = slice = nvls_chunk(q, choice.channels);
      if (choice.algorithm == NcclAlgorithm::ring && q.operation != Operation::broadcast) {
        chunk = slot * nccl::kChunkSlots;
        slice = slot * nccl::kSliceSlots;
      }
      break;
  }
  choice.chunk = {chunk};
  choice.slice = {slice};
}

int pow2_up(int n) { return static_cast<int>(std::bit_ceil(static_cast<unsigned>(n))); }

}  // namespace

const Generation& nccl_generation(const NcclQuestion& question) {
  switch (question.generation) {
    case GpuGeneration::ampere: return nccl::kAmpere;
    case GpuGeneration::hopper: return nccl::kHopper;
    case GpuGeneration::blackwell: break;
  }
  return question.version == NcclVersion::v2_27 ? nccl::kBlackwell : nccl::kBlackwell28;
}

NcclGraph nccl_ring_graph(const NcclQuestion& q) {
  const Generation& g = nccl_generation(q);
  return q.domains == 1 ? split_fast(fastest_rings(g), g) : rings_across(q, g);
}

NcclGraph nccl_nvls_graph(const NcclQuestion& q) {
  const Generation& g = nccl_generation(q);
  const int heads = nccl_nvls_heads(q);
  for (const double speed : g.speeds_intra)
    if (speed * (heads + 1) <= g.nvlink_total) return {heads, speed};
  return {heads, g.nvlink_total / (heads + 1)};
}

int nccl_channels_max(const NcclQuestion& q) {
  return std::min(2 * nccl_ring_graph(q).channels, nccl_generation(q).channels_max);
}

NcclChoice nccl_layout(const NcclQuestion& q, const NcclEstimate& chosen) {
  NcclChoice choice;
  choice.algorithm = chosen.algorithm;
  choice.protocol = chosen.protocol;
  choice.channels = nccl_channels_max(q);
  choice.threads = nccl::kThreads[at(chosen.protocol)];
  choice.time_us = chosen.time_us;
  if (choice.algorithm == NcclAlgorithm::nvls) {
    choice.channels = nccl_generation(q).nvls_channels;
    choice.threads = nccl::kMaxThreads;
  } else {
    std::int64_t threshold = nccl::kThreadThreshold[at(chosen.protocol)];
    if (choice.algorithm == NcclAlgorithm::ring && choice.protocol == NcclProtocol::ll)
      threshold *= q.ranks();
    reduce_channels(choice, q, threshold);
    choice.threads = with_extra_warps(choice);
  }
  set_chunk(choice, q);
  return choice;
}

NvlsThreads nccl_nvls_threads(Operation operation, std::size_t ranks) {
  constexpr int kWarps = nccl::kMaxThreads / nccl::kWarp;
  const auto threads = [](int warps) { return warps * nccl::kWarp; };
  if (operation == Operation::reduce_scatter)
    return {threads(8 - 1), threads(kWarps - 8), 0};  // the sum goes to the own output: no sender
  if (operation == Operation::all_gather) return {0, threads(kWarps - 8 - 1), threads(8)};
  const int sums = ranks <= 6 ? 7 : 5;
  return {threads((kWarps - sums + 1) / 2 - 1), threads(sums - 1), threads((kWarps - sums) / 2)};
}

NcclChoice nccl_layout_of_pairs(const NcclQuestion& q) {
  const int channels = pow2_up(nccl_channels_max(q));
  int per_peer = channels;
  while (per_peer > 1 && per_peer * q.ranks() > channels) per_peer /= 2;
  const std::int64_t parts = q.operation == Operation::all_to_all ? q.ranks() : 1;
  const std::int64_t message = q.bytes.count / parts;
  const std::int64_t worth = std::max<std::int64_t>(1, ceil_div(message, nccl::kPairPart));
  per_peer = static_cast<int>(std::min<std::int64_t>(per_peer, worth));
  const bool ll = message <= per_peer * nccl::kPairLlLimit;
  NcclChoice choice{NcclAlgorithm::p2p,
                    ll ? NcclProtocol::ll : NcclProtocol::simple,
                    per_peer,
                    nccl::kMaxThreads,
                    {},
                    {},
                    0};
  choice.chunk = {ll ? nccl::kLlBuffer / nccl::kSlots / 2 : nccl::kPairChunk};
  choice.slice = choice.chunk;
  return choice;
}

}  // namespace twinlink::models
