#include "models/library/nccl_tuning.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "models/library/nccl_constants.h"
#include "models/library/nccl_layout.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using nccl::Generation;

constexpr std::array kProtocols{NcclProtocol::ll, NcclProtocol::ll128, NcclProtocol::simple};

double of(const nccl::PerProtocol& values, NcclProtocol protocol) {
  return values[static_cast<std::size_t>(protocol)];
}

double of(const nccl::PerDomains& values, int domains) {
  return values[static_cast<std::size_t>(std::min(domains, 3) - 1)];
}

bool is_pairwise(Operation operation) {
  return operation == Operation::all_to_all || operation == Operation::sendrecv;
}

int ring_steps(const NcclQuestion& q) {
  if (q.operation == Operation::all_reduce) return 2 * (q.ranks() - 1);
  return q.operation == Operation::broadcast ? q.ranks() : q.ranks() - 1;
}

int ring_steps_across(const NcclQuestion& q) {
  if (q.domains == 1) return 0;
  return (q.operation == Operation::all_reduce ? 2 : 1) * (q.domains - 1);
}

double ring_rate(const NcclQuestion& q, NcclProtocol protocol) {
  const Generation& g = nccl_generation(q);
  const NcclGraph graph = nccl_ring_graph(q);
  const double bus = graph.channels * graph.speed;
  double rate = bus;
  if (protocol == NcclProtocol::ll)
    rate = std::min(of(g.ll_max, q.domains), nccl::kRingLlShare * bus);
  if (protocol == NcclProtocol::ll128)
    rate =
        std::min(nccl::kRingLl128Share * bus, graph.channels * of(g.ring_ll128_channel, q.domains));
  return rate * q.ranks() / ring_steps(q);
}

double ring_latency(const NcclQuestion& q, NcclProtocol protocol) {
  const bool across = q.domains > 1;
  const double base = of(nccl::kRing.base, protocol);
  double hop = of(nccl::kRing.nvlink_hop, protocol);
  if (q.operation == Operation::broadcast)
    return base + (across ? of(nccl::kRing.net_hop, protocol) : hop);
  const double overhead = nccl::kNetOverhead * (protocol == NcclProtocol::simple ? 3 : 1);
  if (across) hop = std::max(hop, overhead);
  const double net =
      of(q.ranks_per_domain == 1 ? nccl::kTree.net_hop : nccl::kRing.net_hop, protocol);
  const int steps_across = ring_steps_across(q);
  const double all = base + (ring_steps(q) - steps_across) * hop + steps_across * net;
  const bool plateau = across && q.operation == Operation::all_reduce &&
                       protocol == NcclProtocol::simple &&
                       q.bytes.count / (std::int64_t{nccl_channels_max(q)} * q.ranks()) >= 64;
  return plateau ? all * nccl::kRingPlateau : all;
}

double tree_rate(const NcclQuestion& q, NcclProtocol protocol) {
  const Generation& g = nccl_generation(q);
  const NcclGraph graph = nccl_ring_graph(q);  // trees are found with the ring's channels
  double rate = std::min(nccl::kTreeShare * graph.channels * graph.speed,
                         graph.channels * of(g.tree_channel, q.domains));
  if (protocol == NcclProtocol::ll)
    rate = std::min(nccl::kTreeLlShare * rate, of(g.ll_max, q.domains));
  const double share = q.domains == 1 ? nccl::kTreeLl128Share : nccl::kTreeLl128ShareAcross;
  if (protocol == NcclProtocol::ll128)
    rate = std::min(share * rate, graph.channels * of(g.tree_ll128_channel, q.domains));
  return rate / 2;
}

int log2_floor(std::int64_t n) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n))) - 1;
}

double tree_latency(const NcclQuestion& q, NcclProtocol protocol) {
  return of(nccl::kTree.base, protocol) +
         2 * ((q.ranks_per_domain - 1) * of(nccl::kTree.nvlink_hop, protocol) +
              log2_floor(q.domains) * of(nccl::kTree.net_hop, protocol));
}

double tree_correction(const NcclQuestion& q, NcclProtocol protocol) {
  const auto& factors = nccl::kTreeCorrection[static_cast<std::size_t>(protocol)];
  const std::int64_t units = q.bytes.count >> 6;
  if (units < 1) return 1;
  const auto power = static_cast<std::size_t>(log2_floor(units));
  return power < factors.size() ? factors[power] : 1;
}

double nvls_rate(const NcclQuestion& q) {
  const NcclGraph graph = nccl_nvls_graph(q);
  const bool reduces = q.operation == Operation::all_reduce;
  const double others = static_cast<double>(q.ranks() - 1) / q.ranks();
  if (q.version == NcclVersion::v2_27)
    return graph.channels * graph.speed * (reduces ? nccl::kNvlsShare : others);
  const double heads = graph.channels;
  const double rate = graph.speed * nccl_generation(q).nvls_efficiency * (heads - 1);
  return rate * (reduces ? 2.0 * q.ranks() / ring_steps(q) : others);
}

class Estimates {
 public:
  explicit Estimates(const NcclQuestion& question) : q_(question) {}

  std::vector<NcclEstimate> take() {
    if (q_.operation == Operation::all_reduce)
      for (const NcclProtocol p : kProtocols)
        add(NcclAlgorithm::tree, p, tree_latency(q_, p), tree_rate(q_, p), tree_correction(q_, p));
    for (const NcclProtocol p : kProtocols)
      add(NcclAlgorithm::ring, p, ring_latency(q_, p), ring_rate(q_, p));
    if (nccl_nvls_heads(q_) > 0)
      add(NcclAlgorithm::nvls, NcclProtocol::simple, nccl::kNvlsLatency, nvls_rate(q_));
    return std::move(list_);
  }

 private:
  void add(NcclAlgorithm algorithm, NcclProtocol protocol, double latency, double rate,
           double correction = 1) {
    const double time = latency + static_cast<double>(q_.bytes.count) / (1000 * rate * correction);
    list_.push_back({algorithm, protocol, latency, rate, time});
  }

  const NcclQuestion& q_;
  std::vector<NcclEstimate> list_;
};

void ensure_known(const NcclQuestion& q) {
  if (q.ranks_per_domain < 1 || q.domains < 1)
    throw UsageError("NCCL needs at least one rank and one domain");
  if (q.operation == Operation::scan || q.operation == Operation::exscan)
    throw UsageError("NCCL has no scans");
}

}  // namespace

std::string_view name_of(NcclAlgorithm algorithm) {
  switch (algorithm) {
    case NcclAlgorithm::ring: return "ring";
    case NcclAlgorithm::tree: return "tree";
    case NcclAlgorithm::nvls: return "nvls";
    case NcclAlgorithm::p2p: return "p2p";
  }
  return "?";
}

std::string_view name_of(NcclProtocol protocol) {
  switch (protocol) {
    case NcclProtocol::ll: return "ll";
    case NcclProtocol::ll128: return "ll128";
    case NcclProtocol::simple: return "simple";
  }
  return "?";
}

int nccl_nvls_heads(const NcclQuestion& q) {
  const bool has_it = q.multicast && q.domains == 1 && q.generation != GpuGeneration::ampere;
  if (!has_it || q.ranks() <= 2 || is_pairwise(q.operation)) return 0;
  if (q.operation == Operation::broadcast) return 0;
  if (q.operation != Operation::all_reduce && q.ranks() > nccl::kNvlsHeadsMax) return 0;
  return std::min(q.ranks(), nccl::kNvlsHeadsMax);
}

std::vector<NcclEstimate> nccl_estimates(const NcclQuestion& question) {
  ensure_known(question);
  if (is_pairwise(question.operation) || question.ranks() == 1) return {};
  return Estimates(question).take();
}

NcclChoice choose_nccl(const NcclQuestion& question) {
  const std::vector<NcclEstimate> estimates = nccl_estimates(question);
  if (is_pairwise(question.operation)) return nccl_layout_of_pairs(question);
  if (estimates.empty()) return {NcclAlgorithm::ring, NcclProtocol::simple, 1, 96, {}, {}, 0};
  const auto best = std::min_element(
      estimates.begin(), estimates.end(),
      [](const NcclEstimate& a, const NcclEstimate& b) { return a.time_us < b.time_us; });
  return nccl_layout(question, *best);
}

}  // namespace twinlink::models
