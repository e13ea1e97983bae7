#include <string>
#include <vector>

#include "topology/preset_families.h"

namespace twinlink::topology {
namespace {

constexpr const char* kNoLatency =
    " Link latency 0: the profile's constants are measured end to end over the fabric.";

Topology build_switched(const Order& order, const Wiring& wiring, Provenance provenance) {
  Topology topology(order.name, provenance, wiring.source + kNoLatency);
  add_gpus(topology, order.gpus);
  add_switches(topology, topology.gpus(), wiring, "");
  return topology;
}

// Part of an NVL72: fewer GPUs on the same switches, one link each.
Topology build_part_of_nvl72(const Order& order, const std::string& source) {
  Wiring wiring = nvl72();
  wiring.source = "18 NVLink5 links per GPU, 50 GB/s per direction each (data sheet). " + source;
  return build_switched(order, wiring, Provenance::assumed);
}

}  // namespace

void add_switches(Topology& topology, std::span<const NodeId> gpus, const Wiring& wiring,
                  const std::string& prefix) {
  std::vector<NodeId> chips;
  for (std::size_t chip = 0; chip < wiring.links_per_chip.size(); ++chip)
    chips.push_back(topology.add_node(
        NodeKind::nvswitch, prefix + "nvswitch" + std::to_string(chip), wiring.multicast));
  for (const NodeId gpu : gpus)
    for (std::size_t chip = 0; chip < chips.size(); ++chip) {
      const std::int64_t rate = wiring.per_link.bytes_per_s * wiring.links_per_chip[chip];
      topology.add_duplex({gpu, chips[chip], Bandwidth{rate}, Duration{}});
    }
}

Wiring hgx_nvlink4() {
  return {
      "18 NVLink4 links per GPU, 25 GB/s per direction each (data sheet), spread 5/4/4/5 over "
      "4 NVSwitch3 chips (NVIDIA at Hot Chips 34).",
      {5, 4, 4, 5},
      gb_per_s(25),
      true};
}

Wiring hgx_nvlink5() {
  return {
      "18 NVLink5 links per GPU, 50 GB/s per direction each (data sheet), 9 to each of 2 "
      "switch chips (derived from 14.4 TB/s in total).",
      {9, 9},
      gb_per_s(50),
      true};
}

Wiring nvl72() {
  return {
      "18 NVLink5 links per GPU, 50 GB/s per direction each (data sheet), one to each of 18 "
      "switch chips of 72 ports (derived: 72 x 18 links = 18 x 72 ports). Compute tray t holds "
      "gpu<4t> to gpu<4t+3>, switch tray t nvswitch<2t> and nvswitch<2t+1>.",
      std::vector<int>(18, 1), gb_per_s(50), true};
}

Topology build_crossbar(const Order& order) {
  Topology topology(order.name, Provenance::assumed,
                    "Ideal by definition: one cut-through switch, 900 GB/s per direction and 1 us "
                    "per link.");
  add_gpus(topology, order.gpus);
  const NodeId hub = topology.add_node(NodeKind::nvswitch, "crossbar", true);
  for (const NodeId gpu : topology.gpus()) topology.add_duplex({gpu, hub, gb_per_s(900), us(1)});
  return topology;
}

Topology build_h200_pair(const Order& order) {
  Topology topology(order.name, Provenance::datasheet,
                    std::string("18 NVLink4 links join the two GPUs (as listed by the driver of "
                                "our test machine), 25 GB/s per direction each (data sheet).") +
                        kNoLatency);
  add_gpus(topology, order.gpus);
  topology.add_duplex({topology.gpus()[0], topology.gpus()[1], gb_per_s(18 * 25), Duration{}});
  return topology;
}

Topology build_hgx_a100(const Order& order) {
  const Wiring wiring{
      "12 NVLink3 links per GPU, 25 GB/s per direction each (data sheet: 600 GB/s both ways), 2 to "
      "each of 6 NVSwitch2 chips (data sheet of the HGX A100 8-GPU board); these switches neither "
      "reduce nor multicast.",
      std::vector<int>(6, 2), gb_per_s(25), false};
  return build_switched(order, wiring, Provenance::datasheet);
}

Topology build_hgx_nvlink4(const Order& order) {
  return build_switched(order, hgx_nvlink4(), Provenance::datasheet);
}

Topology build_hgx_nvlink5(const Order& order) {
  return build_switched(order, hgx_nvlink5(), Provenance::datasheet);
}

Topology build_nvl4(const Order& order) {
  Topology topology(order.name, Provenance::assumed,
                    std::string("18 NVLink5 links per GPU, 50 GB/s per direction each (data "
                                "sheet). ASSUMED: a board without switches, 6 links between any "
                                "two of its 4 GPUs.") +
                        kNoLatency);
  add_gpus(topology, order.gpus);
  const std::vector<NodeId> gpus = topology.gpus();
  for (std::size_t a = 0; a < gpus.size(); ++a)
    for (std::size_t b = a + 1; b < gpus.size(); ++b)
      topology.add_duplex({gpus[a], gpus[b], gb_per_s(6 * 50), Duration{}});
  return topology;
}

Topology build_nvl8(const Order& order) {
  return build_part_of_nvl72(order,
                             "ASSUMED: two compute trays of an NVL72 rack, with one link of each "
                             "GPU to each of the 18 switch chips.");
}

Topology build_nvl36(const Order& order) {
  return build_part_of_nvl72(order,
                             "ASSUMED: one link of each GPU to each of 18 switch chips, half of "
                             "whose 72 ports are used.");
}

Topology build_nvl72(const Order& order) {
  return build_switched(order, nvl72(), Provenance::datasheet);
}

}  // namespace twinlink::topology
