#pragma once
// The machines twinlink knows by name, how to build each of them, and how to damage them.
//
// Every preset states the source of its rates (data sheet, published measurement, assumed); rates
// are line rates. Latencies of links come on top of the calibration profile's constants, which are
// measured end to end over the fabric: so they are 0, except on `crossbar`, whose profile is ideal,
// and between CPU sockets. Families: `nvl72-rack-N` is N racks, `hgx-h100-node-N` N nodes, one NIC
// a GPU, on a rail-optimised fat tree (preset_rails.cpp). `crossbar` is one cut-through switch, 900
// GB/s per direction and 1 us per link (so 2 us from GPU to GPU), any number of GPUs; a size is
// needed for it and optional elsewhere. GPUs are named gpu0, gpu1, ... To add a preset: one row in
// presets.cpp, one function in the file of its family. Left out: hosts of NVLink machines, NICs of
// machines that stand alone.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topology/topology.h"

namespace twinlink::topology {

inline constexpr int kMostGpus = 4096;

struct Preset {
  std::string_view name;  // of a family: with N where its number stands
  int gpus;               // 0: any number (the caller says how many); a family: of one unit
  std::string_view help;
  std::string_view profile;  // name of the calibration profile that belongs to it
  int most_units = 0;        // > 0: a family of 2 to most_units units
};

// All presets, in the order of `twinlink list`.
std::span<const Preset> presets();
// The names of all presets, to suggest one: those of families with the number that `name` ends in.
std::vector<std::string> preset_names(const std::string& name = "2");
// The preset of that name; of a family, with `gpus` of the whole machine. Nothing: there is none.
std::optional<Preset> find_preset(const std::string& name);
// Of a family's name without a right number: what is wrong with it. Else "".
std::string wrong_number(const std::string& name);
// Builds a preset. `gpus` is used where the preset's own count is 0 (then it must be 1..kMostGpus),
// and ignored elsewhere.
// Throws InputError for an unknown name (with the nearest and all known ones) or a count out of
// range.
Topology make_preset(const std::string& name, int gpus);

// Degrades or removes parts of a machine. `factor` in (0, 1] multiplies the bandwidth of every link
// between the two named nodes, both directions, rounded to whole bytes/s, at least 1; 0 removes
// them. An empty `to` means every link of `from`. Nodes stay, even without links, so NodeIds and
// GPU indices are those of the whole machine; LinkIds are dense again. Factors of several
// degradations of one link multiply. The result's source() says what was done.
// Throws InputError with all issues, pointers "/degrade/<i>/...": a name is unknown (with the
// nearest one), no link joins the two, or a factor is outside [0, 1].
struct Degradation {
  std::string from, to;
  double factor = 1.0;
};
Topology degrade(const Topology& topology, std::span<const Degradation> degradations);

}  // namespace twinlink::topology
