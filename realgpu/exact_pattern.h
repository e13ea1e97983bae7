#pragma once
// Numbers for products whose sums are exact: the same on the host and in kernels.
//
//   weights      whole numbers in [-127, 127], from the buffer's number and the element's index
//   activations  whole numbers in [-15, -1] and [1, 15], from the element's index
// bf16 holds them exactly, and a sum of up to 8807 products (2^24 / (127 x 15)) is exact in fp32 in
// any order: a product's elements are defined bit for bit, rounded once to bf16. (With more terms
// only a partial sum beyond 2^24, some hundred standard deviations, could be rounded.) No
// activation is 0, so a wrong weight changes every column of its product.
#include <cstdint>

#ifdef __CUDACC__
#define TL_HOST_DEVICE __host__ __device__
#else
#define TL_HOST_DEVICE
#endif

namespace twinlink::realgpu {

inline constexpr std::int64_t kMostExactTerms = 8807;

// Finaliser of a 64-bit hash (multiply, xor-shift): neighbouring indices give unrelated values.
TL_HOST_DEVICE inline std::uint32_t mixed(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xFF51AFD7ED558CCDull;
  x ^= x >> 33;
  return static_cast<std::uint32_t>(x >> 7);
}

TL_HOST_DEVICE inline int weight_at(std::int32_t buffer, std::int64_t index) {
  const auto salt = static_cast<std::uint64_t>(static_cast<std::uint32_t>(buffer) + 1) << 40;
  return static_cast<int>(mixed(salt + static_cast<std::uint64_t>(index)) % 255) - 127;
}

TL_HOST_DEVICE inline int activation_at(std::int64_t index) {
  const auto draw = static_cast<int>(mixed(static_cast<std::uint64_t>(index)) % 30);
  return draw < 15 ? draw - 15 : draw - 14;
}

// To nearest, ties to even. For whole numbers below 2^24.
TL_HOST_DEVICE inline std::uint16_t bf16_bits(int value) {
  union {
    float number;
    std::uint32_t bits;
  } both;
  both.number = static_cast<float>(value);
  return static_cast<std::uint16_t>((both.bits + 0x7FFFu + ((both.bits >> 16) & 1u)) >> 16);
}

}  // namespace twinlink::realgpu
