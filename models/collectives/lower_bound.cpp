#include "models/collectives/lower_bound.h"

#include "models/collectives/all_to_all_blocks.h"
#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

double port_bytes(const CollectiveRequest& request, std::int64_t members) {
  const auto n = static_cast<double>(request.bytes.count);
  const auto p = static_cast<double>(members);
  const auto kept = static_cast<double>(smallest_share(request, members).count);
  const auto block = static_cast<double>(largest_share(request, members).count);
  switch (request.operation) {
    case Operation::all_reduce:
      return request.multicast ? std::min(n, 2 * (p - 1) * n / p) : 2 * (p - 1) * n / p;
    case Operation::reduce_scatter:
    case Operation::all_gather: return n - kept;
    case Operation::all_to_all: return std::max(n - kept, (p - 1) * block);
    case Operation::broadcast:
    case Operation::sendrecv:
    case Operation::scan:
    case Operation::exscan: break;
  }
  return n;
}

double combined_bytes(const CollectiveRequest& request, std::int64_t members) {
  const auto n = static_cast<double>(request.bytes.count);
  const auto p = static_cast<double>(members);
  switch (request.operation) {
    case Operation::all_reduce:
    case Operation::reduce_scatter: return request.multicast ? 0 : (p - 1) * n / p;
    case Operation::scan: return (p - 1) * n / p;
    case Operation::exscan: return (p - 2) * n / p;
    case Operation::all_gather:
    case Operation::all_to_all:
    case Operation::broadcast:
    case Operation::sendrecv: break;
  }
  return 0;
}

// Blocks sent and received, as the counts say.
double counted_bound(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  double slowest = 0;
  for (const std::vector<Rank>& group : groups_of(request)) {
    const AllToAllBlocks blocks(request, group);
    const std::int64_t most = std::max(blocks.most_in(), blocks.most_out());
    if (most == 0) continue;
    const double bytes = static_cast<double>(most) * size_of(request.element);
    slowest = std::max(slowest, costs.alpha + bytes * costs.beta);
  }
  return slowest;
}

}  // namespace

double lower_bound(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  if (!request.counts.empty()) return counted_bound(request, costs);
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + std::max(port_bytes(request, members) * costs.beta,
                                  combined_bytes(request, members) * costs.gamma);
  });
}

}  // namespace twinlink::models
