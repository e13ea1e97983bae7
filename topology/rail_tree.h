#pragma once
// Routes on NVLink domains joined by rails and spines, computed from the shape of the machine.
//
// The shape: every GPU has one duplex link to a switch that joins GPUs only (its domain) and one to
// a NIC of its own; every NIC has one more, to a network switch (its rail); all rails have a duplex
// link of the same rate and latency to each of the spines, and neither have other links. Then a
// route is: within a domain, in and out of its switch; on one rail, NIC, rail, NIC; else also
// through all spines in equal shares. These are the Router's routes, found without a search and
// without memory: a Router keeps a search per destination, which thousands of GPUs cannot afford.
#include <optional>
#include <vector>

#include "topology/route.h"
#include "topology/topology.h"

namespace twinlink::topology {

class RailTree {
 public:
  // Nothing if the machine has another shape (fold_twin_switches first, where switches are twins).
  static std::optional<RailTree> of(const Topology& topology);

  // Whether the route between two GPUs (by index) passes NICs.
  [[nodiscard]] bool crosses_nic(std::size_t from, std::size_t to) const {
    return ends_[from].domain != ends_[to].domain;
  }
  [[nodiscard]] Duration latency(std::size_t from, std::size_t to) const;
  // Appends the links of the route from one GPU to another, by index, in the order they are met.
  void append_links(std::size_t from, std::size_t to, std::vector<LinkShare>& links) const;

 private:
  // Links of one GPU to and from its switch, and over its NIC to and from its rail.
  struct End {
    NodeId domain, rail;
    LinkId to_domain, from_domain, to_nic, to_rail, from_rail, from_nic;
    Duration up, down, out, in;  // latency: to and from the switch, to and from the rail
  };
  struct Spine {
    LinkId up, down;  // of one rail
  };
  class Reader;

  std::vector<End> ends_;                   // per GPU
  std::vector<std::vector<Spine>> spines_;  // per node: of a rail, its links with every spine
  Duration spine_latency_;                  // up and down
};

}  // namespace twinlink::topology
