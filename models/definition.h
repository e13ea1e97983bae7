#pragma once
// Second road of every number: the inputs everyone is fed with and the direct definition of each
// operation on whole arrays, computed without any plan.
//
// Inputs are a counter-based function of (seed, rank, element): the same on host and GPU, in any
// order. Element arithmetic: all_reduce inputs are small integers times a power of two, so that
// every partial sum is exact in fp32 and the order cannot hide an error; scan inputs are uniform in
// [-1, 1). Exact arithmetic: u32, all of whose bits vary; the decay of head h is an odd number, so
// that x -> a x + b does not commute and no information is lost. Definitions run in fp64 (element)
// or modulo 2^32 (exact).
#include <cstdint>
#include <span>
#include <vector>

#include "models/executor.h"
#include "models/plan/plan.h"

namespace twinlink::models {

double input_value(const Claim& claim, const Inputs& inputs, Rank rank, std::int64_t element);
std::uint32_t exact_input(const Inputs& inputs, Rank rank, std::int64_t element);
// Decay of a head: element: inputs.decays[head] (1 if empty); exact: an odd number of the seed.
double decay(const Inputs& inputs, std::int32_t head);
std::uint32_t exact_decay(const Inputs& inputs, std::int32_t head);
// Head of element e of n.
constexpr std::int32_t head_of(std::int64_t e, std::int64_t n, std::int32_t heads) {
  return static_cast<std::int32_t>(static_cast<Int128>(e) * heads / n);
}

// Expected output of every member of a claim, by the definition in models/plan/plan.h.
std::vector<std::vector<double>> expected_outputs(const Plan& plan, const Claim& claim,
                                                  const Inputs& inputs);
std::vector<std::vector<std::uint32_t>> expected_outputs_exact(const Plan& plan, const Claim& claim,
                                                               const Inputs& inputs);

// Compares got[member] with the definition: exact mode bit for bit; element mode by relative L2 per
// member and head, ||got - want|| / ||want||, at most tolerance(plan, claim) (NaN and Inf fail).
Numbers compare_exact(const std::vector<std::vector<std::uint32_t>>& got,
                      const std::vector<std::vector<std::uint32_t>>& want);
Numbers compare(const Claim& claim, const std::vector<std::vector<double>>& got,
                const std::vector<std::vector<double>>& want, double tolerance);
// all_reduce, all_to_all on verifiable inputs: 0 (exact). fp32 scans: 1e-6 (research: observed 3e-7
// at P = 72). fp16: 2e-3 and bf16: 1e-2 per rounding on the wire.
double tolerance(const Plan& plan, const Claim& claim);

}  // namespace twinlink::models
