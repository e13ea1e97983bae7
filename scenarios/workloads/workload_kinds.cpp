#include <algorithm>
#include <array>

#include "scenarios/workloads/dwdp_study.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

std::span<const WorkloadKind> workload_kinds() {
  static const std::array kinds{
      WorkloadKind{"dwdp", "weight prefetch between peers beside expert parallelism", read_dwdp,
                   dwdp_fields()},
      WorkloadKind{"dwdp_roofline", "their rooflines: when a layer hides its prefetch",
                   read_dwdp_roofline, dwdp_roofline_fields()}};
  return kinds;
}

const WorkloadKind* find_workload_kind(std::string_view name) {
  const std::span<const WorkloadKind> kinds = workload_kinds();
  const auto found = std::ranges::find(kinds, name, &WorkloadKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace twinlink::scenarios
