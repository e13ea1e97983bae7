#include "models/collectives/scan_transpose.h"

#include "models/collectives/scan_group.h"
#include "models/collectives/scan_transpose_stage.h"

namespace twinlink::models {
namespace {

TransposeDomain whole_group(PlanBuilder& builder, const CollectiveRequest& request,
                            const std::vector<Rank>& group) {
  GroupFrame frame = add_group_frame(builder, request, group);
  add_lanes(builder, request, frame);
  if (request.suffix) std::reverse(frame.members.begin(), frame.members.end());
  TransposeDomain domain{frame.id, {}, true};
  for (const Member& member : frame.members) domain.members.push_back({member, {}, {}});
  return domain;
}

// Sources of a member's op, one less than the operator is applied.
std::int64_t applications(const CollectiveRequest& request, std::int64_t members) {
  const std::int64_t sources = request.operation == Operation::scan ? members : members - 1;
  return std::max<std::int64_t>(sources - 1, 0);
}

}  // namespace

Plan build_scan_transpose(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "transpose");
  builder.reserve_ops(plan_size_scan_transpose(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    const TransposeDomain domain = whole_group(builder, request, group);
    add_domain_work(builder, request, domain);
    add_transpose_stage(builder, request, domain);
  }
  return builder.finish();
}

AlgorithmCounts counts_scan_transpose(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1 || request.bytes.count == 0) return {};
    const StageTraffic traffic = transpose_stage_traffic(request, members, true);
    return {1,
            traffic.messages,
            {*std::max_element(traffic.in.begin(), traffic.in.end())},
            {*std::max_element(traffic.out.begin(), traffic.out.end())},
            applications(request, members)};
  });
}

double closed_form_scan_transpose(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const std::int64_t share = largest_share_bytes(request, members);
    const auto port = static_cast<double>((members - 2) * share + request.bytes.count);
    const auto folded = static_cast<double>(applications(request, members) * share);
    return costs.alpha + port * costs.beta + folded * costs.gamma;
  });
}

OpCounts plan_size_scan_transpose(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) -> OpCounts {
    const std::size_t work = has_local_work(request) ? 2 * members : 0;
    return {2 * members + 1 + work, 2 * members * members + 2, 0};
  });
}

}  // namespace twinlink::models
