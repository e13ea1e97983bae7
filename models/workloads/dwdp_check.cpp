#include <string>

#include "models/workloads/dwdp.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

std::string text(std::int64_t number) { return std::to_string(number); }

std::string gb(Bytes bytes) {
  const std::string tenths = text((bytes.count + 50'000'000) / 100'000'000);
  const std::string padded = tenths.size() < 2 ? "0" + tenths : tenths;
  return padded.substr(0, padded.size() - 1) + "." + padded.back() + " GB";
}

using Issues = std::vector<InputIssue>;

void refuse(Issues& issues, const std::string& pointer, const std::string& message) {
  issues.push_back({pointer, message, {}, 0, 0});
}

void check_placement(const DwdpRequest& request, Issues& issues) {
  const ExpertPlacement& p = request.placement;
  const std::int64_t ranks = request.ranks(), experts = request.shape.routed;
  if (experts < ranks)
    return refuse(issues, "/group",
                  text(experts) + " experts cannot be shared out over " + text(ranks) + " ranks");
  if (p.local < 1 || p.prefetch < 0 || p.local < p.prefetch || p.local > experts)
    return refuse(issues, "/local_experts",
                  text(p.local) + " local and " + text(p.prefetch) +
                      " prefetched experts: a rank holds between 1 and " + text(experts) +
                      " experts, at least as many as a peer pulls from it");
  const std::int64_t covered = (ranks - 1) * p.prefetch + p.local;
  if (covered < experts)
    refuse(issues, "/prefetch_experts",
           "(" + text(ranks) + " - 1) x " + text(p.prefetch) + " + " + text(p.local) + " = " +
               text(covered) + " experts are covered, the model has " + text(experts));
}

void check_pulls(const PullRules& pulls, Issues& issues) {
  if (pulls.buffers < 1)
    refuse(issues, "/buffers", "at least one buffer is needed, not " + text(pulls.buffers));
  if (pulls.depth < 1 || pulls.depth > pulls.buffers)
    refuse(issues, "/prefetch_depth",
           "a prefetch " + text(pulls.depth) + " layers deep needs as many buffers, there are " +
               text(pulls.buffers));
  if (pulls.in_flight < 1)
    refuse(issues, "/in_flight", "at least one copy is in flight, not " + text(pulls.in_flight));
  if (pulls.slice.count < 0) refuse(issues, "/slice", "a slice has no negative size");
}

void check_batches(const DwdpRequest& request, Issues& issues) {
  const auto ranks = static_cast<std::size_t>(request.ranks());
  if (request.forwards.empty()) refuse(issues, "/forwards", "no forward is given");
  for (const auto& batches : request.forwards)
    if (batches.size() != ranks)
      return refuse(issues, "/forwards",
                    text(static_cast<std::int64_t>(batches.size())) + " batches for " +
                        text(request.ranks()) + " ranks");
  if (!request.delays.empty() && request.delays.size() != ranks)
    refuse(issues, "/delays", "one delay per rank is needed");
}

void check_memory(const DwdpRequest& request, Issues& issues) {
  if (request.hbm_capacity.count <= 0) return;
  const DwdpMemory m = dwdp_memory(request);
  if (m.total() <= request.hbm_capacity) return;
  refuse(issues, "/hbm_capacity",
         gb(m.replicated) + " replicated weights + " + gb(m.local_experts) + " local experts (" +
             text(request.placement.local) + " of " + text(request.shape.routed) + " in " +
             text(request.shape.moe_layers()) + " layers) + " + gb(m.slots) + " in " +
             text(request.pulls.buffers) + " buffers = " + gb(m.total()) + " do not fit in " +
             gb(request.hbm_capacity));
}

}  // namespace

DwdpMemory dwdp_memory(const DwdpRequest& request) {
  const Bytes expert = expert_bytes(request.shape);
  const ExpertPlacement& p = request.placement;
  const std::int64_t remote = p.prefetch * (request.ranks() - 1);
  const std::int64_t in_slot = request.merge ? remote + p.local : remote;
  return {replicated_bytes(request.shape), expert * p.local * request.shape.moe_layers(),
          expert * in_slot * request.pulls.buffers};
}

Bytes pulled_per_layer(const DwdpRequest& request) {
  return expert_bytes(request.shape) * request.placement.prefetch * (request.ranks() - 1);
}

void check_dwdp(const DwdpRequest& request) {
  check_shape(request.shape);
  Issues issues;
  if (request.ranks() < 1) throw InputError("a group has at least one rank", "/group");
  check_placement(request, issues);
  check_pulls(request.pulls, issues);
  check_batches(request, issues);
  if (issues.empty()) check_memory(request, issues);
  if (!issues.empty()) throw InputError(std::move(issues));
}

}  // namespace twinlink::models
