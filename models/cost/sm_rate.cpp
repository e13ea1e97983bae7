#include "models/cost/sm_rate.h"

#include <algorithm>

#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

// One loop trip of an sm lane, in seconds. Zero: the machine is ideal, its routes are charged once.
double round_seconds(const CalibrationProfile& profile, const Op& op, const Lane& lane,
                     const TrafficShape& shape) {
  if (profile.remote_round.value <= 0) return 0;
  const int peers = std::max(shape.remote_sources, shape.remote_destinations);
  if (first_round_apart(profile) && shape.loaded <= 0) return 0;  // nothing to wait for
  if (shape.in_switch)
    return (profile.multimem_round.value + 2 * to_us(shape.route_latency)) * 1e-6;
  if (peers == 0) return profile.local_round.value * 1e-6;
  double one = profile.push_round.value;
  if (shape.remote_sources > 0)
    one = profile.remote_round.value + 2 * to_us(shape.route_latency) +
          (lane.loads_in_flight - 1) * profile.load_step.value;
  const double all = op.order == LoadOrder::serial ? peers * one + profile.local_round.value
                                                   : one + (peers - 1) * profile.peer_step.value;
  return all * 1e-6;
}

// What one SM can load and store, in bytes of payload per second.
double sm_limit(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (profile.sm_load_rate.value > 0 && profile.sm_store_rate.value > 0)
    return 1e9 /
           (shape.loaded / profile.sm_load_rate.value + shape.stored / profile.sm_store_rate.value);
  if (profile.sm_rate.value <= 0) return kUnlimited;
  return profile.sm_rate.value * 1e9 /
         std::max({1, shape.remote_sources, shape.remote_destinations});
}

// SMs under the lane's CTAs.
double sms_of(const CalibrationProfile& profile, const Lane& lane) {
  const double sms = profile.sms.value > 0 ? profile.sms.value : lane.ctas;
  return std::min<double>(lane.ctas, sms);
}

}  // namespace

SmRate sm_rate(const CalibrationProfile& profile, const Op& op, const Lane& lane,
               const TrafficShape& shape) {
  if (profile.remote_round.value <= 0 || shape.payload.count == 0) return {};
  const double round = round_seconds(profile, op, lane, shape);
  const std::int64_t per_trip =
      std::int64_t{lane.threads} * lane.vector_bytes * std::max<int>(1, lane.loads_in_flight);
  const std::int64_t per_block = ceil_div(shape.payload.count, std::max(1, lane.ctas));
  const auto trips = static_cast<double>(ceil_div(per_block, std::max<std::int64_t>(1, per_trip)));
  const double payload = static_cast<double>(shape.payload.count);
  const double limit = sms_of(profile, lane) * sm_limit(profile, shape);
  const double all = round > 0 ? std::min(payload / (trips * round), limit) : limit;
  if (!first_round_apart(profile)) return {all, all};
  return {trips > 1 && round > 0 ? std::min(payload / ((trips - 1) * round), limit) : limit, all};
}

Lane lane_in_use(const Plan& plan, OpId id, bool in_line) {
  Lane lane = plan.lane(plan.op(id).lane);
  if (in_line) lane.loads_in_flight = 1;
  auto bits = static_cast<std::uint64_t>(lane.vector_bytes);
  for (const auto slices : {plan.sources(id), plan.destinations(id)})
    for (const Slice& s : slices) bits |= static_cast<std::uint64_t>(s.offset.count | s.size.count);
  const std::uint64_t word = bits & (~bits + 1);
  if (word >= static_cast<std::uint64_t>(lane.vector_bytes)) return lane;
  lane.vector_bytes = static_cast<std::int16_t>(word);
  if (plan.op(id).kind != OpKind::copy) lane.loads_in_flight = 1;
  return lane;
}

Duration sm_latency(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (!first_round_apart(profile) || shape.payload.count == 0) return {};
  if (shape.in_switch) return from_us(profile.op_issue) + from_us(profile.multimem_round);
  if (shape.loaded <= 0) return from_us(profile.op_issue);
  return from_us(profile.op_issue) +
         from_us(shape.remote_sources > 0 ? profile.remote_round : profile.local_round);
}

}  // namespace twinlink::models
