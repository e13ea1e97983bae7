#include "models/collectives/scan_gather_direct.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

struct GatherDirect : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    for (std::size_t p = 0; p < scan.size(); ++p) {
      const std::size_t end = p + (scan.inclusive() ? 1 : 0);
      std::vector<typename Scan::Part> parts;
      for (std::size_t j = 0; j < end; ++j) parts.push_back({scan.input(j), end - 1 - j});
      scan.fold(p, parts, scan.output(p));
    }
  }
};

}  // namespace

Plan build_scan_gather_direct(const CollectiveRequest& request) {
  return build_scan(request, "gather_direct", GatherDirect{});
}

AlgorithmCounts counts_scan_gather_direct(const CollectiveRequest& request) {
  return count_scan(request, GatherDirect{});
}

double closed_form_scan_gather_direct(const CollectiveRequest& request,
                                      const AlphaBetaGamma& costs) {
  return time_scan(request, costs, GatherDirect{});
}

OpCounts plan_size_scan_gather_direct(const CollectiveRequest& request) {
  return scan_plan_size(request, GatherDirect{});
}

}  // namespace twinlink::models
