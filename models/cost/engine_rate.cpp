#include "models/cost/engine_rate.h"

#include <algorithm>

#include "models/cost/residence.h"
#include "models/cost/sm_rate.h"
#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

constexpr int kChannelThreads = 512;  // that move data in a channel of a ring of Simple
constexpr int kUnroll = 8;            // loads of NCCL's copies and sums in flight, per thread
// A ring of two, which tells the channel's rate, loads and stores 2, 4 and 2 bytes per byte of its
// three stages, a copy 2.
constexpr double kCopyPerStage = 8.0 / 3 / 2;

// GB/s of one CTA of a library's channel.
double channel_rate(const CalibrationProfile& profile, Protocol protocol) {
  switch (protocol) {
    case Protocol::plain: return 0;
    case Protocol::ll: return profile.nccl_channel_ll.value;
    case Protocol::ll128: return profile.nccl_channel_ll128.value;
    case Protocol::simple: return profile.nccl_channel_simple.value;
  }
  return 0;
}

// A loop of NVLS: every channel's warps wait for the flags of all ranks, then for a round per trip,
// then fence.
double switch_loop_cap(const CalibrationProfile& profile, const Op& op, const Lane& lane,
                       const TrafficShape& shape) {
  const bool sums = op.kind == OpKind::multimem_reduce;
  const double round = sums ? profile.multimem_round.value + 2 * to_us(shape.route_latency)
                            : profile.local_round.value;
  const std::int64_t per_trip = std::int64_t{lane.threads} * lane.vector_bytes * kUnroll;
  const std::int64_t per_channel = ceil_div(shape.payload.count, std::max(1, lane.ctas));
  const auto trips = static_cast<double>(ceil_div(per_channel, per_trip));
  const double seconds = 1e-6 * (profile.nccl_loop_nvls.value + trips * round);
  return seconds > 0 ? static_cast<double>(shape.payload.count) / seconds : kUnlimited;
}

bool is_local(const TrafficShape& shape) {
  return shape.remote_sources == 0 && shape.remote_destinations == 0;
}

}  // namespace

double channel_cap(const CalibrationProfile& profile, const Op& op, const Lane& lane,
                   const TrafficShape& shape) {
  if (shape.in_switch) return switch_loop_cap(profile, op, lane, shape);
  const double rate = channel_rate(profile, lane.protocol);
  if (rate <= 0) return kUnlimited;
  const double copies = kCopyPerStage * lane.threads / kChannelThreads;
  const double share = lane.protocol == Protocol::simple ? std::min(1.0, copies) : 1;
  const double slices = op.kind == OpKind::copy ? std::max(1.0, shape.loaded) : 1;
  return rate * 1e9 * lane.ctas * share / slices;
}

Duration copy_issue(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (shape.remote_sources > 0) return from_us(profile.copy_pull_issue);
  if (shape.remote_destinations > 0) return from_us(profile.copy_push_issue);
  return from_us(profile.copy_local_issue);
}

double copy_cap(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (is_local(shape) && profile.copy_local_rate.value > 0) {
    // Memory bounds it, so L2 speeds it up as it does other bytes.
    const double share = shape.cached ? resident_share(profile) : 1;
    return profile.copy_local_rate.value * 1e9 / share;
  }
  const double rate = profile.copy_rate.value;
  return rate > 0 ? rate * 1e9 : kUnlimited;
}

double copy_weight_of(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (is_local(shape) && profile.copy_local_rate.value > 0 && profile.hbm.value > 0)
    return profile.hbm.value * 1e9;
  return profile.copy_weight.value > 0 ? profile.copy_weight.value * 1e9 : 1;
}

bool is_engine_flow(const CalibrationProfile& profile, const TrafficShape& shape) {
  return profile.copy_share.value > 0 && !is_local(shape);
}

}  // namespace twinlink::models
