#pragma once
// How fast an op's SM lane moves its bytes unloaded, and what passes before they flow.
//
//   trips   ceil(bytes per block / (threads x vector x loads in flight))
//   round   cost_model.h; no round where nothing is loaded: stores are posted
//   limit   SMs under the CTAs x 1 / (loaded / sm_load_rate + stored / sm_store_rate), per byte of
//           payload, at most what L2 takes of the stores that it keeps (l2_store_rate); where load
//           and store are not known, x sm_rate / streams
//   work    loaded / sm_decay_rate where factors are applied, (loaded + stored) / sm_inline_rate
//           for inline data: comes after the rounds, 1 / rate = 1 / cap + 1 / (SMs x work)
//   op_issue known      latency = op_issue + first round (batches of loads_together sources, one
//                       after the other; a scan's sources one by one), cap = the smaller of
//                       payload / ((trips - 1) round + payload / (trips limit)), the last trip's
//                       bytes behind its round, and limit
//   from HBM            an op that loads no peer and that L2 does not serve reaches cap /
//                       sqrt(1 + (cap / hbm's rate for it)^2): latency grows before HBM is full
//   op_issue not known  cap = the smaller of payload / (trips round) and limit
//   packed              CTAs that came in beside a product stand so many to an SM; an SM that a
//                       product left has at most l1_beside in flight: it reaches l1_beside / round.
//                       1 / cap is the mean of that and of what spread CTAs reach, by the share
//                       of such kernels that find room
//   product of FLOPs    its power lowers the SM clock: SM limits and rounds of ops that load no
//                       peer x sm_beside (loads of peers hardly wait for the SM)
//   product fills HBM   (packed or not): rounds of loads from there are longer by hbm_wait, an
//                       SM's limit is x round / (round + hbm_wait), in place of l1_beside
// The weight in sharing is payload / (trips round), at most limit, in both. With op_issue known,
// ops that store nothing have at least 4 loads in flight: nothing waits for any of them.
#include <cmath>
#include <limits>

#include "models/cost/calibration.h"
#include "models/cost/traffic.h"
#include "models/plan/plan.h"

namespace twinlink::models {

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

inline Duration scaled(const Constant& constant, double factor) {
  return {std::llround(constant.value * factor * 1e6)};
}
inline Duration from_us(const Constant& constant) { return scaled(constant, 1); }
inline Duration from_us(double us) { return {std::llround(us * 1e6)}; }

// Where op_issue is known, an op's first round is latency and the others are transfer; elsewhere
// all rounds are transfer, as the constants of those profiles were fitted.
inline bool first_round_apart(const CalibrationProfile& profile) {
  return profile.op_issue.value > 0;
}

// Payload per second.
struct SmRate {
  double cap = kUnlimited, weight = 1;
  bool softened = false;  // the cap has what a memory that fills costs already
};
// What a product beside it makes of an op's SMs.
struct SmPlace {
  int packed = 0;   // CTAs to an SM that a product left, its L1 small (l1_beside); 0: spread
  double room = 0;  // share of such kernels that are spread all the same: the mean time counts
  enum class Product { none, of_flops, fills_hbm } product = Product::none;  // beside it
};
SmPlace sm_place(const CalibrationProfile& profile, const Plan& plan, const Beside& beside);
// CTAs to an SM where a kernel comes in beside a product; 0 without l1_beside.
int packed_ctas(const CalibrationProfile& profile);
SmRate sm_rate(const CalibrationProfile& profile, const Op& op, const Lane& lane,
               const TrafficShape& shape, const SmPlace& place = {});

// The op's lane as far as this op uses it: slices that are not whole vectors are moved in narrower
// words, and summed one element after the other; of inline data every word is looked at before the
// next is asked for.
Lane lane_in_use(const Plan& plan, OpId id, bool in_line);

// One dependent round of loads from own memory: L2's where it has them.
const Constant& local_round(const CalibrationProfile& profile, const TrafficShape& shape);

// One dependent round of loads from peers, in us: from their HBM, or shorter by as much as L2
// shortens a local one where their L2s have it (local_round - l2_round).
double remote_round(const CalibrationProfile& profile, const TrafficShape& shape);

// Sources that an op loads before it waits; 0: all.
int loads_together(const CalibrationProfile& profile);

Duration sm_latency(const CalibrationProfile& profile, const Op& op, const TrafficShape& shape);

}  // namespace twinlink::models
