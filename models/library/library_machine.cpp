#include <algorithm>
#include <vector>

#include "models/library/lower.h"
#include "topology/domains.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using topology::Link;
using topology::NodeKind;
using topology::Topology;

constexpr double kAmpereRate = 300, kHopperRate = 450;  // GB/s out of a GPU, at most

bool is_nvlink_end(const Topology& topology, NodeId node) {
  const NodeKind kind = topology.node(node).kind;
  return kind == NodeKind::gpu || kind == NodeKind::nvswitch;
}

bool is_nvlink(const Topology& topology, const Link& link) {
  return is_nvlink_end(topology, link.from) && is_nvlink_end(topology, link.to);
}

// GB/s out of the best connected GPU: a degraded one does not make the machine an older one.
double nvlink_rate(const Topology& topology) {
  std::vector<double> rates(topology.nodes().size());
  for (const Link& link : topology.links())
    if (is_nvlink(topology, link))
      rates[link.from.index()] += static_cast<double>(link.bandwidth.bytes_per_s) * 1e-9;
  double best = 0;
  for (const NodeId gpu : topology.gpus()) best = std::max(best, rates[gpu.index()]);
  return best;
}

}  // namespace

LibraryMachine library_machine(const Topology& topology) {
  const double rate = nvlink_rate(topology);
  if (rate <= 0)
    throw UnsupportedError("what NCCL chooses is known here for GPUs on NVLink only; machine \"" +
                           topology.name() + "\" has none");
  LibraryMachine machine;
  machine.generation = rate <= kAmpereRate   ? GpuGeneration::ampere
                       : rate <= kHopperRate ? GpuGeneration::hopper
                                             : GpuGeneration::blackwell;
  machine.multicast = topology::multicast(topology);
  machine.domain_of_gpu = topology::nvlink_domains(topology);
  return machine;
}

}  // namespace twinlink::models
