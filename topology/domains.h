#pragma once
// Which GPUs share an NVLink domain, and whether its switches reduce and multicast.
//
// A domain is a largest set of GPUs joined, in whichever direction, by links and NVLink switches
// alone: a GPU pair without a switch is one, a GPU that has only PCIe or a NIC is one of its own.
// Not modelled: partitions of a domain that its fabric manager makes.
#include <cstdint>
#include <vector>

#include "topology/topology.h"

namespace twinlink::topology {

// The domain of every GPU, by GPU index: dense numbers in the order of each domain's first GPU.
std::vector<std::int32_t> nvlink_domains(const Topology& topology);
// Whether every domain has a multicast switch with links to and from each of its GPUs.
bool multicast(const Topology& topology);

}  // namespace twinlink::topology
