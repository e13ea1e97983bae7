#include <algorithm>
#include <array>

#include "scenarios/workloads/dp_attention.h"
#include "scenarios/workloads/dwdp_study.h"
#include "scenarios/workloads/linear_attention.h"
#include "scenarios/workloads/serving_study.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

std::span<const WorkloadKind> workload_kinds() {
  static const std::array kKinds{
      WorkloadKind{"dp_attention",
                   "layers with data-parallel attention: all-reduce or reduce-scatter",
                   read_dp_attention, dp_attention_fields()},
      WorkloadKind{"dwdp", "weight prefetch between peers beside expert parallelism", read_dwdp,
                   dwdp_fields()},
      WorkloadKind{"dwdp_roofline", "their rooflines: when a layer hides its prefetch",
                   read_dwdp_roofline, dwdp_roofline_fields()},
      linear_attention_kind(),
      serving_kind(),
  };
  return kKinds;
}

const WorkloadKind* find_workload_kind(std::string_view name) {
  const std::span<const WorkloadKind> kinds = workload_kinds();
  const auto found = std::ranges::find(kinds, name, &WorkloadKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace twinlink::scenarios
