#pragma once
// Integer quotient, rounded up; a >= 0, b > 0.
#include <cstdint>

namespace twinlink::models {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace twinlink::models
