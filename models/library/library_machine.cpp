#include <algorithm>
#include <numeric>

#include "models/library/lower.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using topology::Link;
using topology::NodeKind;
using topology::Topology;

bool is_nvlink_end(const Topology& topology, NodeId node) {
  const NodeKind kind = topology.node(node).kind;
  return kind == NodeKind::gpu || kind == NodeKind::nvswitch;
}

bool is_nvlink(const Topology& topology, const Link& link) {
  return is_nvlink_end(topology, link.from) && is_nvlink_end(topology, link.to);
}

// GB/s out of the first GPU.
double nvlink_rate(const Topology& topology) {
  double rate = 0;
  for (const Link& link : topology.links())
    if (link.from == topology.gpus().front() && is_nvlink(topology, link))
      rate += static_cast<double>(link.bandwidth.bytes_per_s) * 1e-9;
  return rate;
}

// GPUs that NVLink joins share a number: that of their first node.
std::vector<std::int32_t> domains(const Topology& topology) {
  std::vector<std::int32_t> number(topology.nodes().size());
  std::iota(number.begin(), number.end(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (const Link& link : topology.links()) {
      if (!is_nvlink(topology, link)) continue;
      std::int32_t& a = number[link.from.index()];
      std::int32_t& b = number[link.to.index()];
      changed |= a != b;
      a = b = std::min(a, b);
    }
  }
  std::vector<std::int32_t> of_gpu;
  for (const NodeId gpu : topology.gpus()) of_gpu.push_back(number[gpu.index()]);
  return of_gpu;
}

bool has_switches(const Topology& topology) {
  return std::any_of(topology.nodes().begin(), topology.nodes().end(),
                     [](const topology::Node& node) { return node.kind == NodeKind::nvswitch; });
}

}  // namespace

LibraryMachine library_machine(const Topology& topology) {
  const double rate = topology.gpus().empty() ? 0 : nvlink_rate(topology);
  if (rate <= 0)
    throw UnsupportedError("what NCCL chooses is known here for GPUs on NVLink only; machine \"" +
                           topology.name() + "\" has none");
  LibraryMachine machine;
  machine.generation = rate <= 300   ? GpuGeneration::ampere
                       : rate <= 450 ? GpuGeneration::hopper
                                     : GpuGeneration::blackwell;
  machine.multicast = has_switches(topology) && machine.generation != GpuGeneration::ampere;
  machine.domain_of_gpu = domains(topology);
  return machine;
}

}  // namespace twinlink::models
