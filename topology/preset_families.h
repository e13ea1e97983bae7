#pragma once
// Build functions of the presets, by family (internal to the folder; the table is in presets.cpp).
#include "topology/presets.h"

namespace twinlink::topology {

using BuildPreset = Topology (*)(const Preset& preset, int gpus);

// gpu0 .. gpu<count - 1>, the first nodes of every preset.
void add_gpus(Topology& topology, int count);

// preset_nvlink.cpp
Topology build_crossbar(const Preset& preset, int gpus);
Topology build_h200_pair(const Preset& preset, int gpus);
Topology build_hgx_nvlink4(const Preset& preset, int gpus);
Topology build_hgx_nvlink5(const Preset& preset, int gpus);
Topology build_nvl72(const Preset& preset, int gpus);
// preset_pcie.cpp
Topology build_rtx5090_pcie16(const Preset& preset, int gpus);

}  // namespace twinlink::topology
