#include "topology/presets.h"

#include <algorithm>
#include <array>

#include "topology/error.h"
#include "topology/preset_families.h"

namespace twinlink::topology {
namespace {

constexpr int kMostGpus = 4096;

struct Row {
  Preset preset;
  BuildPreset build;
};

constexpr std::array kRows{
    Row{{"crossbar", 0, "ideal switch: 900 GB/s and 1 us per link, any number of GPUs", "crossbar"},
        build_crossbar},
    Row{{"h200-pair", 2, "2 H200 joined directly by 18 NVLink4 links", "h200-pair"},
        build_h200_pair},
    Row{{"hgx-h100", 8, "8 H100 SXM on 4 NVSwitch3 chips", "hgx-h100"}, build_hgx_nvlink4},
    Row{{"hgx-h200", 8, "8 H200 SXM on 4 NVSwitch3 chips", "hgx-h200"}, build_hgx_nvlink4},
    Row{{"hgx-b200", 8, "8 B200 on 2 NVLink5 switch chips", "hgx-b200"}, build_hgx_nvlink5},
    Row{{"gb200-nvl72", 72, "72 GB200 GPUs on 18 NVLink5 switch chips", "gb200-nvl72"},
        build_nvl72},
    Row{{"rtx5090-pcie16", 16, "16 RTX 5090 on PCIe 5.0, two sockets (assumed wiring)",
         "rtx5090-pcie16"},
        build_rtx5090_pcie16},
};

constexpr std::array kPresets = [] {
  std::array<Preset, kRows.size()> presets{};
  for (std::size_t i = 0; i < kRows.size(); ++i) presets[i] = kRows[i].preset;
  return presets;
}();

[[noreturn]] void fail_unknown(const std::string& name) {
  std::vector<std::string> known;
  std::string list;
  for (const Preset& preset : kPresets) {
    known.emplace_back(preset.name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  throw InputError("unknown machine \"" + name + "\"." + did_you_mean(name, known) +
                   " Known: " + list);
}

int gpus_of(const Preset& preset, int asked) {
  if (preset.gpus != 0) return preset.gpus;
  if (asked < 1 || asked > kMostGpus)
    throw InputError("machine \"" + std::string(preset.name) + "\" needs 1 to " +
                     std::to_string(kMostGpus) + " GPUs, not " + std::to_string(asked));
  return asked;
}

}  // namespace

std::span<const Preset> presets() { return kPresets; }

Topology make_preset(const std::string& name, int gpus) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& candidate) {
    return candidate.preset.name == name;
  });
  if (row == kRows.end()) fail_unknown(name);
  return row->build(row->preset, gpus_of(row->preset, gpus));
}

void add_gpus(Topology& topology, int count) {
  for (int i = 0; i < count; ++i) topology.add_node(NodeKind::gpu, "gpu" + std::to_string(i));
}

}  // namespace twinlink::topology
