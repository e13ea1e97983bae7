#include "models/cost/sm_rate.h"

#include <algorithm>

#include "models/cost/compute_cost.h"
#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

constexpr int kMostSources = std::numeric_limits<int>::max();

// Rounds of loads that follow each other within one trip; of a copy from several, within the trips
// of all of them.
struct Batches {
  int remote = 0, local = 0;
  [[nodiscard]] bool known() const { return remote + local > 0; }
};

Batches batches_of(const CalibrationProfile& profile, const Op& op, const TrafficShape& shape) {
  const bool one_by_one = op.kind == OpKind::scan_reduce || op.order == LoadOrder::serial;
  const int together = std::min(one_by_one ? 1 : kMostSources, loads_together(profile));
  if (together <= 0) return {};
  const int all = (shape.sources + together - 1) / together;
  const int remote = std::min(all, (shape.remote_sources + together - 1) / together);
  return {remote, all - remote};
}

// What a trip of a sum takes on top of a copy's, in seconds: each further source is another
// operand to look up and to add.
double further_sources(const CalibrationProfile& profile, const Op& op, const TrafficShape& shape) {
  const bool sums = op.kind == OpKind::reduce || op.kind == OpKind::scan_reduce;
  if (!sums || loads_together(profile) <= 0) return 0;
  return std::max(0, shape.sources - 1) * profile.peer_step.value * 1e-6;
}

// One loop trip of an sm lane, in seconds. Zero: the machine is ideal, its routes are charged once.
double round_seconds(const CalibrationProfile& profile, const Op& op, const Lane& lane,
                     const TrafficShape& shape) {
  if (profile.remote_round.value <= 0) return 0;
  const int peers = std::max(shape.remote_sources, shape.remote_destinations);
  if (first_round_apart(profile) && shape.loaded <= 0) return 0;  // nothing to wait for
  if (shape.in_switch)
    return (profile.multimem_round.value + 2 * to_us(shape.route_latency)) * 1e-6;
  const double local = local_round(profile, shape).value;
  const double further = further_sources(profile, op, shape);
  if (peers == 0) return std::max(1, batches_of(profile, op, shape).local) * local * 1e-6 + further;
  double one = profile.push_round.value;
  if (shape.remote_sources > 0)
    one = remote_round(profile, shape) + 2 * to_us(shape.route_latency) +
          (lane.loads_in_flight - 1) * profile.load_step.value;
  const Batches batches = batches_of(profile, op, shape);
  if (batches.known() && shape.remote_sources > 0)
    return (batches.remote * one + batches.local * local) * 1e-6 + further;
  const double all = op.order == LoadOrder::serial ? peers * one + local
                                                   : one + (peers - 1) * profile.peer_step.value;
  return all * 1e-6;
}

// Of ops that store nothing, compilers ask for at least kReadAhead words before they look at one.
constexpr int kReadAhead = 4;

int loads_of(const CalibrationProfile& profile, const Lane& lane, const TrafficShape& shape) {
  const int loads = std::max<int>(1, lane.loads_in_flight);
  const bool reads_on = first_round_apart(profile) && shape.stored <= 0;
  return reads_on ? std::max(loads, kReadAhead) : loads;
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

// What one SM works on, in bytes of payload per second, between terms that have come and the next
// that it asks for: factors are looked up, words of inline data looked at and put together.
double work_limit(const CalibrationProfile& profile, const Op& op, const TrafficShape& shape) {
  const bool in_line = shape.in_line && profile.sm_inline_rate.value > 0;
  const bool decays = op.oper == Operator::decay_sum && profile.sm_decay_rate.value > 0;
  const double seconds =
      (decays ? shape.loaded / profile.sm_decay_rate.value : 0) +
      (in_line ? (shape.loaded + shape.stored) / profile.sm_inline_rate.value : 0);
  return seconds > 0 ? 1e9 / seconds : kUnlimited;
}

double one_after_other(double a, double b) { return 1 / (1 / a + 1 / b); }

// What L2 takes of the op's stores, in bytes of payload per second.
double l2_store_limit(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (!shape.cached || shape.stored_here <= 0 || profile.l2_store_rate.value <= 0)
    return kUnlimited;
  return profile.l2_store_rate.value * 1e9 / shape.stored_here;
}

// SMs under the lane's CTAs.
double sms_of(const CalibrationProfile& profile, const Lane& lane, const SmPlace& place) {
  const double sms = profile.sms.value > 0 ? profile.sms.value : lane.ctas;
  return std::min<double>(static_cast<double>(ceil_div(lane.ctas, std::max(1, place.packed))), sms);
}

// One round of loads, as far as memory makes it.
double load_seconds(const CalibrationProfile& profile, const TrafficShape& shape) {
  if (shape.remote_sources == 0) return local_round(profile, shape).value * 1e-6;
  return (remote_round(profile, shape) + 2 * to_us(shape.route_latency)) * 1e-6;
}

// How much longer own HBM takes to answer because a product fills it.
double wait_seconds(const CalibrationProfile& profile, const TrafficShape& shape,
                    const SmPlace& place) {
  const bool reads = shape.sources > shape.remote_sources, writes = shape.stored_here > 0;
  const bool waits = place.product == SmPlace::Product::fills_hbm && !shape.cached &&
                     shape.loaded > 0 && (reads || writes);
  return waits ? profile.hbm_wait.value * 1e-6 : 0;
}

// What a product's power leaves of the SM clock, for ops that it limits.
double clock_beside(const CalibrationProfile& profile, const TrafficShape& shape,
                    const SmPlace& place) {
  const bool slowed = place.product == SmPlace::Product::of_flops && shape.remote_sources == 0;
  return slowed && profile.sm_beside.value > 0 ? profile.sm_beside.value : 1;
}

// What an SM reaches beside a product, in bytes of payload per second. It is what its L1 can have
// on the way, so it falls as answers take longer, and with the L1 that a product leaves.
double limit_beside(const CalibrationProfile& profile, const TrafficShape& shape,
                    const SmPlace& place) {
  const double round = load_seconds(profile, shape);
  const double alone = sm_limit(profile, shape) * clock_beside(profile, shape, place);
  const double longer = wait_seconds(profile, shape, place);
  if (longer > 0) return alone * round / (round + longer);
  if (place.packed <= 0 || profile.l1_beside.value <= 0 || shape.loaded <= 0) return alone;
  const double in_flight = profile.l1_beside.value * static_cast<double>(gib(1).count);
  return std::min(alone, in_flight / round / shape.loaded);
}

// HBM answers later the more is asked of it, long before it is full.
SmRate soften(SmRate rate, const CalibrationProfile& profile, const TrafficShape& shape) {
  const bool from_hbm = shape.loaded > 0 && !shape.cached && profile.l2.value > 0 &&
                        shape.remote_sources + shape.remote_destinations == 0;
  if (!from_hbm || profile.hbm.value <= 0) return rate;
  const double full = reached_hbm(profile) / (shape.loaded + shape.stored + shape.turned);
  rate.cap /= std::sqrt(1 + (rate.cap / full) * (rate.cap / full));
  rate.softened = true;
  return rate;
}

SmRate rate_at(const CalibrationProfile& profile, const Op& op, const Lane& lane,
               const TrafficShape& shape, const SmPlace& place) {
  if (profile.remote_round.value <= 0 || shape.payload.count == 0) return {};
  double round = round_seconds(profile, op, lane, shape) / clock_beside(profile, shape, place);
  if (round > 0 && shape.sources > shape.remote_sources)
    round += wait_seconds(profile, shape, place);
  const int loads = loads_of(profile, lane, shape);
  const std::int64_t per_trip = std::int64_t{lane.threads} * lane.vector_bytes * loads;
  const std::int64_t per_block = ceil_div(shape.payload.count, std::max(1, lane.ctas));
  const auto trips = static_cast<double>(ceil_div(per_block, std::max<std::int64_t>(1, per_trip)));
  const double payload = static_cast<double>(shape.payload.count);
  const double sms = sms_of(profile, lane, place);
  const double limit =
      std::min(sms * limit_beside(profile, shape, place), l2_store_limit(profile, shape));
  const double all = round > 0 ? std::min(payload / (trips * round), limit) : limit;
  if (!first_round_apart(profile)) return {all, all};
  double cap = limit;
  if (trips > 1 && round > 0) {
    // The first round is latency; the last trip's bytes still pass the SMs after its round.
    const double rounds = payload / ((trips - 1) * round + payload / (trips * limit));
    cap = std::min(rounds, limit);
  }
  const double work = sms * work_limit(profile, op, shape);
  return soften({one_after_other(cap, work), one_after_other(all, work)}, profile, shape);
}

}  // namespace

SmPlace sm_place(const CalibrationProfile& profile, const Plan& plan, const Beside& beside) {
  SmPlace place{beside.packed ? packed_ctas(profile) : 0, beside.room};
  if (!beside.product.valid()) return place;
  const ComputeNeed need = compute_need(profile, plan.computes[plan.op(beside.product).detail]);
  place.product = need.hbm_seconds > need.flop_seconds ? SmPlace::Product::fills_hbm
                                                       : SmPlace::Product::of_flops;
  return place;
}

int packed_ctas(const CalibrationProfile& profile) {
  return profile.l1_beside.value > 0 ? static_cast<int>(profile.ctas_per_sm.value) : 0;
}

SmRate sm_rate(const CalibrationProfile& profile, const Op& op, const Lane& lane,
               const TrafficShape& shape, const SmPlace& place) {
  const SmRate rate = rate_at(profile, op, lane, shape, place);
  if (place.packed <= 0 || place.room <= 0 || rate.cap == kUnlimited) return rate;
  const SmRate spread = rate_at(profile, op, lane, shape, {0, 0, place.product});
  const auto mean = [&](double packed_one, double spread_one) {
    return 1 / ((1 - place.room) / packed_one + place.room / spread_one);
  };
  return {mean(rate.cap, spread.cap), mean(rate.weight, spread.weight), rate.softened};
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

Duration sm_latency(const CalibrationProfile& profile, const Op& op, const TrafficShape& shape) {
  if (!first_round_apart(profile) || shape.payload.count == 0) return {};
  if (shape.in_switch) return from_us(profile.op_issue) + from_us(profile.multimem_round);
  if (shape.loaded <= 0) return from_us(profile.op_issue);
  const Constant& local = local_round(profile, shape);
  const double remote = remote_round(profile, shape);
  // The factors of a sum with decays are loaded before its terms.
  const Duration before = op.oper == Operator::decay_sum ? from_us(local) : Duration{};
  const Batches batches = batches_of(profile, op, shape);
  if (batches.known())
    return before + from_us(profile.op_issue) + from_us(remote * batches.remote) +
           scaled(local, batches.local);
  return before + from_us(profile.op_issue) +
         (shape.remote_sources > 0 ? from_us(remote) : from_us(local));
}

int loads_together(const CalibrationProfile& profile) {
  return static_cast<int>(profile.loads_together.value);
}

double remote_round(const CalibrationProfile& profile, const TrafficShape& shape) {
  const double round = profile.remote_round.value;
  if (shape.uncached_peers > 0 || profile.l2_round.value <= 0) return round;
  return round - std::max(0.0, profile.local_round.value - profile.l2_round.value);
}

const Constant& local_round(const CalibrationProfile& profile, const TrafficShape& shape) {
  return shape.cached && profile.l2_round.value > 0 ? profile.l2_round : profile.local_round;
}

}  // namespace twinlink::models
