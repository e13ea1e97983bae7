#include "models/collectives/scan_chain_pipelined.h"

#include <cmath>

#include "models/collectives/scan_chain.h"

namespace twinlink::models {
namespace {

struct ChainPipelined : ScanChain {
  static std::int64_t own_slices(const CollectiveRequest& request, std::int64_t members) {
    const double hops = static_cast<double>(std::max<std::int64_t>(members - 2, 0));
    const double bytes_per_hop = 1 << 20;
    const double best = std::sqrt(hops * static_cast<double>(request.bytes.count) / bytes_per_hop);
    return std::clamp<std::int64_t>(std::llround(best), 1, 256);
  }
};

}  // namespace

Plan build_scan_chain_pipelined(const CollectiveRequest& request) {
  return build_scan(request, "chain_pipelined", ChainPipelined{});
}

AlgorithmCounts counts_scan_chain_pipelined(const CollectiveRequest& request) {
  return count_scan(request, ChainPipelined{});
}

double closed_form_scan_chain_pipelined(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs) {
  return time_scan(request, costs, ChainPipelined{});
}

OpCounts plan_size_scan_chain_pipelined(const CollectiveRequest& request) {
  return scan_plan_size(request, ChainPipelined{});
}

}  // namespace twinlink::models
