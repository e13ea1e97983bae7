#include "topology/topology.h"

#include "topology/error.h"

namespace twinlink::topology {

std::string_view name_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu: return "gpu";
    case NodeKind::nvswitch: return "nvswitch";
    case NodeKind::pcie_switch: return "pcie_switch";
    case NodeKind::cpu: return "cpu";
    case NodeKind::nic: return "nic";
    case NodeKind::net_switch: return "net_switch";
  }
  return "?";
}

NodeId Topology::add_node(NodeKind kind, std::string name, bool multicast) {
  const NodeId id{nodes_.size()};
  const bool is_new = by_name_.emplace(name, id).second;
  TL_ENSURE(is_new, "node names are unique: " + name);
  TL_ENSURE(!multicast || kind == NodeKind::nvswitch, "only NVLink switches reduce and multicast");
  nodes_.push_back({kind, std::move(name), multicast});
  if (kind == NodeKind::gpu) gpus_.push_back(id);
  return id;
}

LinkId Topology::add_link(const Link& link) {
  TL_ENSURE(link.from.valid() && link.from.index() < nodes_.size() && link.to.valid() &&
                link.to.index() < nodes_.size() && link.from != link.to,
            "a link joins two nodes");
  TL_ENSURE(link.bandwidth.bytes_per_s > 0 && link.latency.ps >= 0,
            "a link has a rate and a latency");
  links_.push_back(link);
  return LinkId{links_.size() - 1};
}

LinkId Topology::add_duplex(const Link& link) {
  const LinkId first = add_link(link);
  add_link({link.to, link.from, link.bandwidth, link.latency});
  return first;
}

NodeId Topology::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? NodeId{} : found->second;
}

}  // namespace twinlink::topology
