#include "models/cost/engine_rate.h"

#include "models/cost/residence.h"
#include "models/cost/sm_rate.h"

namespace twinlink::models {
namespace {

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

bool is_local(const TrafficShape& shape) {
  return shape.remote_sources == 0 && shape.remote_destinations == 0;
}

}  // namespace

double channel_cap(const CalibrationProfile& profile, const Lane& lane) {
  const double rate = channel_rate(profile, lane.protocol);
  return rate > 0 ? rate * 1e9 * lane.ctas : kUnlimited;
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
