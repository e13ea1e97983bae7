#pragma once
// What every byte of every output of a claim must be made of, and whether it is.
#include <vector>

#include "models/checks/cells.h"
#include "models/checks/describe.h"
#include "models/checks/proof.h"
#include "models/checks/value.h"

namespace twinlink::models::checks {

// Bytes [begin, end) of an output, made of `members` of the inputs, from offset `origin` on. As in
// Value: a set, or positions of an ordered claim; no members: the identity.
struct Wanted {
  std::int64_t begin = 0, end = 0;
  MemberSet members;
  std::int64_t origin = 0;
};

// The output of member `index`, in pieces that cover it.
std::vector<Wanted> wanted_output(const Plan& plan, const Claim& claim, std::int32_t index);

// Compares the outputs of claim `claim` with `values`, one finding for every wrong member.
void check_claim(const Describer& describer, std::int32_t claim, Proof& proof);

}  // namespace twinlink::models::checks
