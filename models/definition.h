#pragma once
// Second road of every number: the inputs everyone is fed with and the direct definition of each
// operation on whole arrays, computed without any plan.
//
// Inputs are a counter-based function of (seed, rank, element): the same on host and GPU, in any
// order. Element arithmetic: inputs of all_reduce and reduce_scatter are integers so small that
// every partial sum is an integer of at most 256, exact in every element type (bf16 included), so
// that the order cannot hide an error; inputs that are only moved are integers in [-128, 127]; scan
// inputs are multiples of 2^-23, uniform in [-1, 1), rounded to the element type when stored.
// Exact arithmetic: u32, all of whose bits vary; the decay of head h is odd and 5 modulo 8, so that
// x -> a x + b does not commute, no information is lost and powers repeat only after 2^30.
// Definitions run in fp64 (element) or modulo 2^32 (exact), on the inputs as stored.
// Not here: weights and inputs that no claim names (they stay poisoned), routing, time.
#include <cstdint>
#include <vector>

#include "models/executor.h"
#include "models/plan/plan.h"

namespace twinlink::models {

constexpr bool is_scan(Operation operation) {
  return operation == Operation::scan || operation == Operation::exscan;
}

double input_value(const Claim& claim, const Inputs& inputs, Rank rank, std::int64_t element);
std::uint32_t exact_input(const Inputs& inputs, Rank rank, std::int64_t element);

// Decay of a head. Element: the fp32 number nearest to inputs.decays[head] (1 if empty), because
// that is what a GPU is given and what the definition must use too. Throws InputError when the head
// has no decay or it lies outside [0, 1]. Exact: an odd number of the seed.
double decay(const Inputs& inputs, std::int32_t head);
std::uint32_t exact_decay(const Inputs& inputs, std::int32_t head);
// decay^power, formed in fp64 and rounded to fp32 once: the factor of a source in decay_sum, the
// same in every executor. Underflow to 0 is right (the term is negligible). power >= 0.
float decay_factor(double decay, std::int32_t power);
std::uint32_t exact_decay_factor(std::uint32_t decay, std::int32_t power);

// Head of element e of n.
constexpr std::int32_t head_of(std::int64_t e, std::int64_t n, std::int32_t heads) {
  return static_cast<std::int32_t>(static_cast<Int128>(e) * heads / n);
}
// First element of head h of n elements: ceil(h n / heads); head_begin(heads, ...) is n.
constexpr std::int64_t head_begin(std::int32_t h, std::int64_t n, std::int32_t heads) {
  return static_cast<std::int64_t>((static_cast<Int128>(h) * n + heads - 1) / heads);
}

// Whole elements of a buffer (of its own element type, also in exact arithmetic).
std::int64_t elements_of(const Buffer& buffer);

// How decay_sum reads each buffer of the plan: element e belongs to head_of(e, elements, heads).
// Buffers of a scan claim, and scratch of the size of a state on a rank of the claim.
// heads == 0: not a state of one scan claim, or of claims that disagree.
struct StateShape {
  std::int64_t elements = 0;
  std::int32_t heads = 0;
};
std::vector<StateShape> state_shapes(const Plan& plan);

// Expected output of every member of a claim, by the definition in models/plan/plan.h.
using Values = std::vector<std::vector<double>>;
using ExactValues = std::vector<std::vector<std::uint32_t>>;
Values expected_outputs(const Plan& plan, const Claim& claim, const Inputs& inputs);
ExactValues expected_outputs_exact(const Plan& plan, const Claim& claim, const Inputs& inputs);

// Compares got[member] with the definition: exact mode bit for bit; element mode by relative L2 per
// member and head, ||got - want|| / ||want||, at most tolerance(plan, claim) (NaN and Inf fail).
// For scans ||want|| is the largest among this member and those before it, because their roundings
// are what it inherits: cancellation in one member is no error. The reason names rank and element.
Numbers compare_exact(const Plan& plan, const Claim& claim, const ExactValues& got,
                      const ExactValues& want);
Numbers compare(const Plan& plan, const Claim& claim, const Values& got, const Values& want);

// Everything but scans: 0, since the inputs make every order exact. Scans of P members, n elements
// per head: fp32, fp64 (factors are fp32): 1e-6 max(1, sqrt(P / 576)); fp16, bf16: 2e-3 s, 1e-2 s,
// s = max(1, sqrt(P / 72)) (1 + 6 / sqrt(2 n)): a running value rounded at each of P members
// wanders by sqrt(P / 2) roundings, an rms over n of them spreads by 1 / sqrt(2 n). Worst observed
// on ring and tree, decays of 1 to exp(-100), n = 16 and 256, 4 to 40 seeds: fp32 8.5e-7 at P =
// 576, bf16 1.6e-2 and 1.2e-2 at P = 72 (5.3e-2 and 2.9e-2 at 576), fp16 a sixth of bf16 or less.
double tolerance(const Plan& plan, const Claim& claim);

}  // namespace twinlink::models
