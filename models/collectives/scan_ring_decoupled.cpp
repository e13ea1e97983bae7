#include "models/collectives/scan_ring_decoupled.h"

#include "models/collectives/scan_chain.h"

namespace twinlink::models {
namespace {

struct RingDecoupled : ScanChain, WholeStates {};

}  // namespace

Plan build_scan_ring_decoupled(const CollectiveRequest& request) {
  return build_scan(request, "ring_decoupled", RingDecoupled{});
}

AlgorithmCounts counts_scan_ring_decoupled(const CollectiveRequest& request) {
  return count_scan(request, RingDecoupled{});
}

double closed_form_scan_ring_decoupled(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return time_scan(request, costs, RingDecoupled{});
}

OpCounts plan_size_scan_ring_decoupled(const CollectiveRequest& request) {
  return scan_plan_size(request, RingDecoupled{});
}

}  // namespace twinlink::models
