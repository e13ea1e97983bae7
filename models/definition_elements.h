#pragma once
// Element types as bytes in host memory: rounding to nearest even, and the poison that shows values
// nobody wrote (a NaN of every floating type; 0xDEADBEEF for u32).
//
// u32 stands for integers modulo 2^32 and is read as two's complement, so that small negative
// inputs keep their value. Values outside a type's range become infinite, as on a GPU.
#include <cstddef>
#include <cstdint>
#include <span>

#include "models/plan/vocabulary.h"

namespace twinlink::models {

inline constexpr std::uint32_t kPoison = 0xDEADBEEF;

std::uint16_t to_bf16(float value);
std::uint16_t to_fp16(float value);
float from_bf16(std::uint16_t bits);
float from_fp16(std::uint16_t bits);

// What a store followed by a load gives.
double stored(ElementType type, double value);
// One element at `at`, which need not be aligned.
void store(ElementType type, double value, std::byte* at);
double load(ElementType type, const std::byte* at);

// Fills whole elements.
void poison(ElementType type, std::span<std::byte> bytes);

}  // namespace twinlink::models
