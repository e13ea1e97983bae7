#pragma once
// The machines twinlink knows by name, and how to build each of them.
//
// Every preset states the source of its rates (data sheet, published measurement, assumed).
// `crossbar` is ideal: one cut-through switch, 900 GB/s per direction and 1 us per link (so 2 us
// from GPU to GPU), any number of ranks; a size is needed for it and optional elsewhere.
#include <span>
#include <string>
#include <string_view>

#include "topology/topology.h"

namespace twinlink::topology {

struct Preset {
  std::string_view name;
  int gpus;  // 0: any number (the caller says how many)
  std::string_view help;
  std::string_view profile;  // name of the calibration profile that belongs to it
};

// All presets, in the order of `twinlink list`.
std::span<const Preset> presets();
// Builds a preset. `gpus` is used where the preset's own count is 0 (then it must be 1..4096).
// Throws InputError for an unknown name (with the nearest one) or a count out of range.
Topology make_preset(const std::string& name, int gpus);

// Degrades or removes parts of a machine. `factor` in (0, 1] multiplies the bandwidth of every link
// between the two named nodes (both directions); 0 removes them. An empty `to` means every link of
// `from`. Throws InputError if a name is unknown or no link joins the two.
struct Degradation {
  std::string from, to;
  double factor = 1.0;
};
Topology degrade(const Topology& topology, std::span<const Degradation> degradations);

}  // namespace twinlink::topology
