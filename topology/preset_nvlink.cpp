#include <string>
#include <vector>

#include "topology/preset_families.h"

namespace twinlink::topology {
namespace {

constexpr const char* kNoLatency =
    " Link latency 0: the profile's constants are measured end to end over the fabric.";

// Every GPU has links_per_chip[c] links to switch chip c, each of `per_link`.
struct Wiring {
  std::string source;
  std::vector<int> links_per_chip;
  Bandwidth per_link;
};

Topology build_switched(const Preset& preset, int gpus, const Wiring& wiring) {
  Topology topology(std::string(preset.name), Provenance::datasheet, wiring.source + kNoLatency);
  add_gpus(topology, gpus);
  for (std::size_t chip = 0; chip < wiring.links_per_chip.size(); ++chip)
    topology.add_node(NodeKind::nvswitch, "nvswitch" + std::to_string(chip));
  for (const NodeId gpu : topology.gpus())
    for (std::size_t chip = 0; chip < wiring.links_per_chip.size(); ++chip) {
      const NodeId nvswitch{topology.gpus().size() + chip};
      const std::int64_t rate = wiring.per_link.bytes_per_s * wiring.links_per_chip[chip];
      topology.add_duplex({gpu, nvswitch, Bandwidth{rate}, Duration{}});
    }
  return topology;
}

}  // namespace

Topology build_crossbar(const Preset& preset, int gpus) {
  Topology topology(std::string(preset.name), Provenance::assumed,
                    "Ideal by definition: one cut-through switch, 900 GB/s per direction and 1 us "
                    "per link.");
  add_gpus(topology, gpus);
  const NodeId hub = topology.add_node(NodeKind::nvswitch, "crossbar");
  for (const NodeId gpu : topology.gpus()) topology.add_duplex({gpu, hub, gb_per_s(900), us(1)});
  return topology;
}

Topology build_h200_pair(const Preset& preset, int gpus) {
  Topology topology(std::string(preset.name), Provenance::datasheet,
                    std::string("18 NVLink4 links join the two GPUs (as listed by the driver of "
                                "our test machine), 25 GB/s per direction each (data sheet).") +
                        kNoLatency);
  add_gpus(topology, gpus);
  topology.add_duplex({topology.gpus()[0], topology.gpus()[1], gb_per_s(18 * 25), Duration{}});
  return topology;
}

Topology build_hgx_nvlink4(const Preset& preset, int gpus) {
  return build_switched(
      preset, gpus,
      {"18 NVLink4 links per GPU, 25 GB/s per direction each (data sheet), spread 5/4/4/5 over 4 "
       "NVSwitch3 chips (NVIDIA at Hot Chips 34).",
       {5, 4, 4, 5},
       gb_per_s(25)});
}

Topology build_hgx_nvlink5(const Preset& preset, int gpus) {
  return build_switched(preset, gpus,
                        {"18 NVLink5 links per GPU, 50 GB/s per direction each (data sheet), 9 to "
                         "each of 2 switch chips (derived from 14.4 TB/s in total).",
                         {9, 9},
                         gb_per_s(50)});
}

Topology build_nvl72(const Preset& preset, int gpus) {
  return build_switched(
      preset, gpus,
      {"18 NVLink5 links per GPU, 50 GB/s per direction each (data sheet), one to each of 18 "
       "switch chips of 72 ports (derived: 72 x 18 links = 18 x 72 ports). Compute tray t holds "
       "gpu<4t> to gpu<4t+3>, switch tray t nvswitch<2t> and nvswitch<2t+1>.",
       std::vector<int>(18, 1), gb_per_s(50)});
}

}  // namespace twinlink::topology
