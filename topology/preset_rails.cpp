// NVLink domains joined by a rail-optimised fat tree: GPU i of every domain has a NIC of its own on
// rail switch i; rail switches are joined by spines with as much bandwidth up as down.
#include <algorithm>
#include <string>
#include <vector>

#include "topology/preset_families.h"

namespace twinlink::topology {
namespace {

constexpr Bandwidth kNic = gb_per_s(50);       // 400 Gb/s
constexpr Bandwidth kGpuToNic = gb_per_s(63);  // PCIe 5.0 x16
constexpr std::int64_t kSpines = 2;

constexpr const char* kNetwork =
    " Network: one NIC per GPU, 400 Gb/s = 50 GB/s per direction (data sheet of ConnectX-7), "
    "behind PCIe 5.0 x16, 63 GB/s (data sheet). ASSUMED: a rail-optimised fat tree without "
    "oversubscription; rail<i> stands for all leaf switches of rail i, spine0 and spine1 for the "
    "layer above them. Link latency 0: the profile's constants are measured end to end, and a "
    "transfer through a NIC pays nic_issue.";

struct Domains {
  std::string unit;  // "rack" or "node"
  std::size_t gpus;  // of one domain
  Wiring wiring;
};

// rail<i> for i of 0 .. rails - 1, each joined to every spine.
std::vector<NodeId> add_rails(Topology& topology, std::size_t rails, std::size_t domains) {
  const Bandwidth up{kNic.bytes_per_s * static_cast<std::int64_t>(domains) / kSpines};
  std::vector<NodeId> rail;
  for (std::size_t i = 0; i < rails; ++i)
    rail.push_back(topology.add_node(NodeKind::net_switch, "rail" + std::to_string(i)));
  for (std::int64_t i = 0; i < kSpines; ++i) {
    const NodeId spine = topology.add_node(NodeKind::net_switch, "spine" + std::to_string(i));
    for (const NodeId leaf : rail) topology.add_duplex({leaf, spine, up, Duration{}});
  }
  return rail;
}

Topology build_rails(const Order& order, const Domains& domains) {
  Topology topology(order.name, Provenance::assumed, domains.wiring.source + kNetwork);
  add_gpus(topology, order.gpus);
  const std::vector<NodeId> gpus = topology.gpus();
  const std::size_t count = gpus.size() / domains.gpus;
  for (std::size_t i = 0; i < count; ++i)
    add_switches(topology, std::span(gpus).subspan(i * domains.gpus, domains.gpus), domains.wiring,
                 domains.unit + std::to_string(i) + ".");
  const std::vector<NodeId> rails = add_rails(topology, domains.gpus, count);
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    const NodeId nic = topology.add_node(NodeKind::nic, "nic" + std::to_string(i));
    topology.add_duplex({gpus[i], nic, kGpuToNic, Duration{}});
    topology.add_duplex({nic, rails[i % domains.gpus], kNic, Duration{}});
  }
  return topology;
}

}  // namespace

Topology build_hgx_h100_nodes(const Order& order) {
  return build_rails(order, {"node", 8, hgx_nvlink4()});
}

Topology build_hgx_b200_nodes(const Order& order) {
  return build_rails(order, {"node", 8, hgx_nvlink5()});
}

Topology build_nvl72_racks(const Order& order) { return build_rails(order, {"rack", 72, nvl72()}); }

}  // namespace twinlink::topology
