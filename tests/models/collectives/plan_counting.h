#pragma once
// Counts what a plan does from its ops alone: the second road of every counts and closed form.
#include "models/collectives/catalogue.h"

namespace twinlink::models::test {

AlgorithmCounts count(const Plan& plan);

// Whole numbers, so that every sum of them is exact in a double.
inline constexpr AlphaBetaGamma kWholeCosts{1000, 3, 7};

// Seconds of the longest chain over lanes, dependencies and rendezvous, where an op costs alpha and
// beta per byte of other ranks that it moves, and gamma per byte of its result and application.
double longest_chain(const Plan& plan, const AlphaBetaGamma& costs);

// Most bytes that the ops of one rank combine: size of the result times applications.
double most_combined(const Plan& plan);

}  // namespace twinlink::models::test
