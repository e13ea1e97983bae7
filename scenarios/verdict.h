#pragma once
// What the proof of a plan, and the numbers of an execution, say of a result.
//
// Numbers of a plan that is wrong as announced (Algorithm::wrong_from) are wrong too: the
// announcement covers both. Only provenance can confirm it; any other finding is a failure.
#include <string>
#include <vector>

#include "models/checks/proof.h"
#include "models/collectives/catalogue.h"
#include "models/cost/calibration.h"
#include "models/executor.h"
#include "scenarios/result.h"
#include "sim/sim_executor.h"

namespace twinlink::scenarios {

// `whose`: "host" or "GPU", for the reason. Nothing if the execution has no numbers.
void add_numbers(const models::Execution& run, const char* whose, Result& result);
void add_verdict(const models::Proof& proof, const models::Algorithm& algorithm, Result& result);

// What a proof found, in one sentence; `ranks`: of the plan.
std::string why_wrong(const models::Proof& proof, int ranks);
// Kernels that wait for each other must fit on their GPU together, or they wait for ever
// (UnsupportedError).
void ensure_resident(const models::Plan& plan, const models::CalibrationProfile& profile);
// "link gpu0 -> nvswitch0 (97%)"; empty if there is none.
std::string text_of(const sim::Bottleneck& bottleneck);

// "0-3, 7": ranks as ranges.
std::string ranks_text(const std::vector<Rank>& ranks);

}  // namespace twinlink::scenarios
