#include <array>
#include <string>

#include "topology/preset_families.h"

namespace twinlink::topology {
namespace {

constexpr Bandwidth kPcie5x16 = gb_per_s(63);
// Three xGMI links of 16 lanes at 32 GT/s, 64 GB/s each.
constexpr Bandwidth kSocketToSocket = gb_per_s(3 * 64);
// Published write latencies between such GPUs span 0.36 to 0.52 us; read as same and other socket.
constexpr Duration kSocketLatency = ns(160);
constexpr int kSwitches = 4;

constexpr const char* kSource =
    "PCIe 5.0 x16 63 GB/s per direction (data sheet). ASSUMED, as the wiring of the published "
    "16-GPU test is not known: one host, two sockets, two PCIe switches per socket, four GPUs and "
    "an x16 uplink per switch; sockets joined by three xGMI links, 192 GB/s per direction and "
    "0.16 us more (the span of published write latencies, 0.36 to 0.52 us). Peer-to-peer between "
    "GPUs presumed on (the stock driver has it off). Other latency 0: the profile's constants are "
    "measured end to end.";

}  // namespace

Topology build_rtx5090_pcie16(const Order& order) {
  Topology topology(order.name, Provenance::assumed, kSource);
  add_gpus(topology, order.gpus);
  const std::array cpus{topology.add_node(NodeKind::cpu, "cpu0"),
                        topology.add_node(NodeKind::cpu, "cpu1")};
  topology.add_duplex({cpus[0], cpus[1], kSocketToSocket, kSocketLatency});
  const std::size_t gpus_per_switch = topology.gpus().size() / kSwitches;
  for (std::size_t i = 0; i < kSwitches; ++i) {
    const NodeId pcie = topology.add_node(NodeKind::pcie_switch, "pcie" + std::to_string(i));
    topology.add_duplex({pcie, cpus[i / 2], kPcie5x16, Duration{}});
    for (std::size_t gpu = 0; gpu < gpus_per_switch; ++gpu)
      topology.add_duplex(
          {topology.gpus()[i * gpus_per_switch + gpu], pcie, kPcie5x16, Duration{}});
  }
  return topology;
}

}  // namespace twinlink::topology
