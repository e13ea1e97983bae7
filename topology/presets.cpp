#include "topology/presets.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "topology/error.h"
#include "topology/preset_families.h"

namespace twinlink::topology {
namespace {

struct Row {
  Preset preset;
  BuildPreset build;
};

constexpr std::array kRows{
    Row{{"crossbar", 0, "ideal switch, 900 GB/s and 1 us per link", "crossbar"}, build_crossbar},
    Row{{"h200-pair", 2, "2 H200 joined directly by 18 NVLink4 links", "h200-pair"},
        build_h200_pair},
    Row{{"hgx-a100", 8, "8 A100 SXM on 6 NVSwitch2 chips", "hgx-a100"}, build_hgx_a100},
    Row{{"hgx-h100", 8, "8 H100 SXM on 4 NVSwitch3 chips", "hgx-h100"}, build_hgx_nvlink4},
    Row{{"hgx-h200", 8, "8 H200 SXM on 4 NVSwitch3 chips", "hgx-h200"}, build_hgx_nvlink4},
    Row{{"hgx-b200", 8, "8 B200 on 2 NVLink5 switch chips", "hgx-b200"}, build_hgx_nvlink5},
    Row{{"gb200-nvl4", 4, "4 GB200 joined directly (assumed wiring)", "gb200-nvl4"}, build_nvl4},
    Row{{"gb200-nvl8", 8, "8 GB200 on 18 switch chips (assumed wiring)", "gb200-nvl8"}, build_nvl8},
    Row{{"gb200-nvl36", 36, "36 GB200 on 18 switch chips (assumed wiring)", "gb200-nvl36"},
        build_nvl36},
    Row{{"gb200-nvl72", 72, "72 GB200 on 18 NVLink5 switch chips", "gb200-nvl72"}, build_nvl72},
    Row{{"gb300-nvl72", 72, "72 GB300 on 18 NVLink5 switch chips", "gb300-nvl72"}, build_nvl72},
    Row{{"rtx5090-pcie16", 16, "RTX 5090 on PCIe 5.0, two sockets (assumed wiring)",
         "rtx5090-pcie16"},
        build_rtx5090_pcie16},
    Row{{"nvl72-rack-N", 72, "NVL72 racks on a rail-optimised fat tree", "nvl72-rack",
         kMostGpus / 72},
        build_nvl72_racks},
    Row{{"hgx-h100-node-N", 8, "HGX H100 nodes on a rail-optimised fat tree", "hgx-h100-node",
         kMostGpus / 8},
        build_hgx_h100_nodes},
    Row{{"hgx-b200-node-N", 8, "HGX B200 nodes on a rail-optimised fat tree", "hgx-b200-node",
         kMostGpus / 8},
        build_hgx_b200_nodes},
};

constexpr std::array kPresets = [] {
  std::array<Preset, kRows.size()> presets{};
  for (std::size_t i = 0; i < kRows.size(); ++i) presets[i] = kRows[i].preset;
  return presets;
}();

std::string_view prefix_of(const Preset& family) {
  return family.name.substr(0, family.name.size() - 1);
}

// The number at the end of a name, without leading zeros; 0: there is none.
int number_after(const std::string& name, std::size_t prefix) {
  int number = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + prefix, end, number);
  const bool plain = error == std::errc() && rest == end && name[prefix] != '0';
  return plain && number > 0 ? number : 0;
}

const Row* find_family(const std::string& name) {
  for (const Row& row : kRows)
    if (row.preset.most_units > 0 && name.starts_with(prefix_of(row.preset))) return &row;
  return nullptr;
}

// The row of a name and the GPUs of that machine (0: any number).
std::optional<std::pair<const Row*, int>> find_row(const std::string& name) {
  if (const Row* family = find_family(name)) {
    const Preset& preset = family->preset;
    const int units = number_after(name, prefix_of(preset).size());
    if (units < 2 || units > preset.most_units) return std::nullopt;
    return std::pair(family, units * preset.gpus);
  }
  for (const Row& row : kRows)
    if (row.preset.name == name) return std::pair(&row, row.preset.gpus);
  return std::nullopt;
}

[[noreturn]] void fail_unknown(const std::string& name) {
  if (const std::string wrong = wrong_number(name); !wrong.empty()) throw InputError(wrong);
  std::string list;
  for (const Preset& preset : kPresets)
    list += (list.empty() ? "" : ", ") + std::string(preset.name);
  throw InputError("unknown machine \"" + name + "\"." + did_you_mean(name, preset_names(name)) +
                   " Known: " + list);
}

int gpus_of(const std::string& name, int own, int asked) {
  if (own != 0) return own;
  if (asked < 1 || asked > kMostGpus)
    throw InputError("machine \"" + name + "\" needs 1 to " + std::to_string(kMostGpus) +
                     " GPUs, not " + std::to_string(asked));
  return asked;
}

}  // namespace

std::span<const Preset> presets() { return kPresets; }

std::vector<std::string> preset_names(const std::string& name) {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  const std::string number = digits < name.size() ? name.substr(digits) : "2";
  std::vector<std::string> names;
  for (const Preset& preset : kPresets)
    names.push_back(preset.most_units > 0 ? std::string(prefix_of(preset)) + number
                                          : std::string(preset.name));
  return names;
}

std::optional<Preset> find_preset(const std::string& name) {
  const auto found = find_row(name);
  if (!found) return std::nullopt;
  Preset preset = found->first->preset;
  preset.gpus = found->second;
  return preset;
}

std::string wrong_number(const std::string& name) {
  const Row* family = find_family(name);
  if (family == nullptr || find_row(name)) return "";
  const Preset& preset = family->preset;
  return "machine \"" + name + "\": the N of \"" + std::string(preset.name) + "\" is 2 to " +
         std::to_string(preset.most_units) + " (at most " + std::to_string(kMostGpus) + " GPUs)";
}

Topology make_preset(const std::string& name, int gpus) {
  const auto found = find_row(name);
  if (!found) fail_unknown(name);
  return found->first->build({name, gpus_of(name, found->second, gpus)});
}

void add_gpus(Topology& topology, int count) {
  for (int i = 0; i < count; ++i) topology.add_node(NodeKind::gpu, "gpu" + std::to_string(i));
}

}  // namespace twinlink::topology
