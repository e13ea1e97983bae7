#pragma once
// Plans of a point of the workload "dwdp", and the profile that its settings imply.
#include <vector>

#include "models/cost/calibration.h"
#include "models/workloads/breakdown.h"
#include "models/workloads/dep.h"
#include "models/workloads/dwdp.h"
#include "scenarios/workloads/dwdp_settings.h"

namespace twinlink::scenarios {

std::vector<std::vector<models::Batch>> batches_of(const DwdpSettings& settings,
                                                   const DwdpPoint& point);
models::DepRequest dep_request(const DwdpSettings& settings, const DwdpPoint& point);
models::DwdpRequest dwdp_request(const DwdpSettings& settings, const DwdpPoint& point,
                                 DwdpVariant variant);

// By how much each kind of work is slower for what the settings say of work beside pulls, from a
// run of the same plan without it: the part of a kind's time that pulls overlapped takes
// `overlap_loss` longer, attention's `attention_residual` more if that is wanted. First order: that
// a slower kernel meets its pulls for a smaller part is left out.
models::ByWorkKind slower_beside_pulls(const DwdpSettings& settings,
                                       const std::vector<models::RankBreakdown>& run,
                                       bool residual);

// The profile with the efficiencies that the settings give instead, marked as fitted. UsageError
// if a profile has no such constant.
models::CalibrationProfile tuned(const models::CalibrationProfile& profile,
                                 const DwdpSettings& settings);
// The same where pulls are slices of one batch call: they start after `slice_issue`.
models::CalibrationProfile tuned_for_slices(const models::CalibrationProfile& profile,
                                            const DwdpSettings& settings);
// Value of a constant of that name; `otherwise` if there is none or it is 0.
double constant_or(const models::CalibrationProfile& profile, std::string_view name,
                   double otherwise);

}  // namespace twinlink::scenarios
