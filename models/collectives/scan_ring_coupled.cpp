#include "models/collectives/scan_ring_coupled.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

struct RingCoupled : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    typename Scan::State sent;
    for (std::size_t p = 0; p < scan.size(); ++p) {
      const auto received = scan.inclusive() ? scan.scratch(p, "received") : scan.output(p);
      const auto prefix = p == 0 ? scan.identity(p, received) : scan.copy(p, sent, received);
      scan.local_work(p);
      if (scan.inclusive())
        sent = scan.fold(p, prefix, scan.input(p), 1, scan.output(p));
      else if (p + 1 < scan.size())
        sent = scan.fold(p, prefix, scan.input(p), 1, scan.scratch(p, "send"));
    }
  }
};

}  // namespace

Plan build_scan_ring_coupled(const CollectiveRequest& request) {
  return build_scan(request, "ring_coupled", RingCoupled{});
}

AlgorithmCounts counts_scan_ring_coupled(const CollectiveRequest& request) {
  return count_scan(request, RingCoupled{});
}

double closed_form_scan_ring_coupled(const CollectiveRequest& request,
                                     const AlphaBetaGamma& costs) {
  return time_scan(request, costs, RingCoupled{});
}

OpCounts plan_size_scan_ring_coupled(const CollectiveRequest& request) {
  return scan_plan_size(request, RingCoupled{});
}

}  // namespace twinlink::models
