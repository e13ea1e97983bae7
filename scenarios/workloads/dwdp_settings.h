#pragma once
// The fields of the workloads "dwdp" and "dwdp_roofline" in a scenario.
//
// group, isl, isl_ratio and mnt are crossed. Efficiencies left out are the profile's. All numbers
// that a study fits are fields here, so that a scenario names what was fitted.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/workloads/batches.h"
#include "models/workloads/expert_loads.h"
#include "models/workloads/expert_pulls.h"
#include "models/workloads/transformer_shape.h"
#include "scenarios/json/object_reader.h"

namespace twinlink::scenarios {

enum class DwdpVariant : std::uint8_t { dep, naive, merge_elim, full };
inline constexpr DwdpVariant kDwdpVariants[] = {DwdpVariant::dep, DwdpVariant::naive,
                                                DwdpVariant::merge_elim, DwdpVariant::full};
std::string_view name_of(DwdpVariant variant);  // "dep", "dwdp_naive", ...
// As a result shows it, with the group: "dep4", "dwdp4_naive".
std::string shown_name(DwdpVariant variant, std::int64_t group);

// One point: a value of each crossed field.
struct DwdpPoint {
  std::int64_t group = 4, isl = 8192, mnt = 32768;
  double ratio = 1;
};

struct DwdpSettings {
  models::TransformerShape shape;
  std::vector<std::int64_t> groups{}, isls{}, mnts{};
  std::vector<double> ratios{};
  std::vector<DwdpVariant> variants{};
  models::RequestLaw requests;
  std::int64_t forwards = 8;
  std::optional<std::int64_t> local_experts, prefetch_experts;
  models::PullRules pulls;   // of naive and merge_elim: whole tensors
  Bytes slice{1'000'000};    // of full
  int slices_in_flight = 2;  // of full
  Duration slice_issue;      // start of a slice in a batch of copies; 0: copy_pull_issue
  models::LoadLaw loads;     // of expert parallelism
  bool quantised_dispatch = true;
  double a2a_wire = 1;
  Duration host;  // of a DWDP server between two forwards, per 1000 tokens
  std::map<std::string, double> overlap_loss{};  // category of work -> see dwdp_study.h
  double attention_residual = 0;                 // likewise
  Bytes hbm_capacity;
  std::map<std::string, double> efficiencies;  // constant of the profile -> value

  // Whether anything is said of work beside pulls.
  [[nodiscard]] bool slows_beside_pulls() const;
  [[nodiscard]] std::vector<DwdpPoint> points() const;
  [[nodiscard]] models::ExpertPlacement placement(std::int64_t group) const;
};

// Complains through the reader; null if anything is wrong.
std::unique_ptr<DwdpSettings> read_dwdp_settings(ObjectReader& object);

}  // namespace twinlink::scenarios
