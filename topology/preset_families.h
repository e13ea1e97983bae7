#pragma once
// Build functions of the presets, by family (internal to the folder; the table is in presets.cpp).
#include <span>
#include <string>
#include <vector>

#include "topology/presets.h"

namespace twinlink::topology {

// What to build: the machine's own name (a family's with its number) and its GPUs.
struct Order {
  std::string name;
  int gpus;
};
using BuildPreset = Topology (*)(const Order& order);

// gpu0 .. gpu<count - 1>, the first nodes of every preset.
void add_gpus(Topology& topology, int count);

// The NVLink switches of one domain: every GPU has links_per_chip[c] links to chip c.
struct Wiring {
  std::string source;
  std::vector<int> links_per_chip;
  Bandwidth per_link;
  bool multicast;
};
Wiring hgx_nvlink4();
Wiring hgx_nvlink5();
Wiring nvl72();
// Adds switches named <prefix>nvswitch<c> and the links of the GPUs to them.
void add_switches(Topology& topology, std::span<const NodeId> gpus, const Wiring& wiring,
                  const std::string& prefix);

// preset_nvlink.cpp
Topology build_crossbar(const Order& order);
Topology build_h200_pair(const Order& order);
Topology build_hgx_a100(const Order& order);
Topology build_hgx_nvlink4(const Order& order);
Topology build_hgx_nvlink5(const Order& order);
Topology build_nvl4(const Order& order);
Topology build_nvl8(const Order& order);
Topology build_nvl36(const Order& order);
Topology build_nvl72(const Order& order);
// preset_pcie.cpp
Topology build_rtx5090_pcie16(const Order& order);
// preset_rails.cpp
Topology build_hgx_h100_nodes(const Order& order);
Topology build_hgx_b200_nodes(const Order& order);
Topology build_nvl72_racks(const Order& order);

}  // namespace twinlink::topology
