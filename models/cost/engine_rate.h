#pragma once
// What copy engines and the channels of a library's kernels pay and reach, unloaded. Rates are
// bytes per second, infinity where the profile has none.
#include "models/cost/calibration.h"
#include "models/cost/traffic.h"
#include "models/plan/plan.h"

namespace twinlink::models {

// Per second of the payload of a library's op:
//   channel  nccl_channel_* x CTAs. A lane of Simple with fewer threads than a ring's 512 is a
//   group
//            of warps that copies, one of several in its channels, and carries its share: x 4/3
//            threads / 512, at most all. Slices of one copy go through one after the other.
//   switch   payload / (nccl_loop_nvls + trips x round), a trip being 8 loads a thread and round
//            multimem_round, of a multicast alone local_round
double channel_cap(const CalibrationProfile& profile, const Op& op, const Lane& lane,
                   const TrafficShape& shape);

Duration copy_issue(const CalibrationProfile& profile, const TrafficShape& shape);
double copy_cap(const CalibrationProfile& profile, const TrafficShape& shape);
// In weighted max-min sharing. A copy within a GPU is a kernel of the driver: it passes HBM twice
// per byte, so it counts twice what a kernel does that fills it.
double copy_weight_of(const CalibrationProfile& profile, const TrafficShape& shape);
// Whether its weight follows from who is there instead (OpCost::engine): between GPUs, with
// copy_share.
bool is_engine_flow(const CalibrationProfile& profile, const TrafficShape& shape);

}  // namespace twinlink::models
