#pragma once
// The machine: nodes (GPUs, switches, CPUs, NICs) and directed links between them.
//
// A link has a bandwidth (line rate of one direction; what part of it is payload is a matter of the
// CalibrationProfile) and a latency (first byte in to first byte out). Parallel NVLinks between the
// same two nodes are one Link with the sum of their bandwidths. A GPU's index is its position among
// the gpu nodes in the order they were added; plans address GPUs by that index.
// Not here: engines, memories and launch costs of a GPU (CalibrationProfile), switch buffering.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "topology/ids.h"
#include "topology/provenance.h"
#include "topology/units.h"

namespace twinlink::topology {

enum class NodeKind : std::uint8_t { gpu, nvswitch, pcie_switch, cpu, nic, net_switch };
std::string_view name_of(NodeKind kind);

struct Node {
  NodeKind kind;
  std::string name;
  bool multicast = false;  // an nvswitch that can reduce and multicast in the switch
};

struct Link {
  NodeId from, to;
  Bandwidth bandwidth;
  Duration latency;
};

class Topology {
 public:
  explicit Topology(std::string name, Provenance provenance, std::string source)
      : name_(std::move(name)), source_(std::move(source)), provenance_(provenance) {}

  NodeId add_node(NodeKind kind, std::string name, bool multicast = false);
  LinkId add_link(const Link& link);
  // Two links, one each way. Returns the first (a to b); the second has the next id.
  LinkId add_duplex(const Link& link);

  [[nodiscard]] const std::string& name() const { return name_; }
  // Where rates and latencies come from, in words, and the worst provenance among them.
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] Provenance provenance() const { return provenance_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[id.index()]; }
  [[nodiscard]] const Link& link(LinkId id) const { return links_[id.index()]; }
  [[nodiscard]] const std::vector<NodeId>& gpus() const { return gpus_; }
  // The node of that name, or an invalid id.
  [[nodiscard]] NodeId find(std::string_view name) const;

 private:
  std::string name_, source_;
  Provenance provenance_;
  std::vector<Node> nodes_;
  std::vector<Link> links_;
  std::vector<NodeId> gpus_;
  std::map<std::string, NodeId, std::less<>> by_name_;
};

}  // namespace twinlink::topology
