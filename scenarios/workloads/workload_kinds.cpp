#include <algorithm>
#include <array>

#include "scenarios/workloads/linear_attention.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

std::span<const WorkloadKind> workload_kinds() {
  static const std::array kKinds{
      linear_attention_kind(),
  };
  return kKinds;
}

const WorkloadKind* find_workload_kind(std::string_view name) {
  const std::span<const WorkloadKind> kinds = workload_kinds();
  const auto found = std::ranges::find(kinds, name, &WorkloadKind::name);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace twinlink::scenarios
