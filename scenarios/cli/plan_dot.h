#pragma once
// A plan as Graphviz DOT: one cluster a rank, one box an op, an arrow per dependency; lane order is
// dashed. Refused above kMostDotOps ops (UnsupportedError): nobody can read such a drawing.
#include <cstddef>
#include <string>

#include "models/plan/plan.h"

namespace twinlink::scenarios::cli {

inline constexpr std::size_t kMostDotOps = 5'000;

std::string plan_dot(const models::Plan& plan);

}  // namespace twinlink::scenarios::cli
