#include "models/definition_elements.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace twinlink::models {
namespace {

template <class T>
void put(T value, std::byte* at) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
T get(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Drops `bits` low bits of the magnitude, to nearest, ties to even.
std::uint32_t drop_bits(std::uint32_t magnitude, int bits) {
  const std::uint32_t odd = (magnitude >> bits) & 1U;
  return (magnitude + ((1U << (bits - 1)) - 1U) + odd) >> bits;
}

constexpr std::uint32_t kInfinity32 = 0x7F80'0000;
constexpr std::uint32_t kSmallestNormal16 = 0x3880'0000;  // 2^-14 as fp32
constexpr std::uint32_t kFirstInfinite16 = 0x477F'F000;   // 65520: halfway to 2^16, even is above
constexpr std::uint32_t kRebias16 = (127 - 15) << 23;

std::uint16_t magnitude_to_fp16(std::uint32_t magnitude) {
  if (magnitude > kInfinity32) return 0x7E00;
  if (magnitude >= kFirstInfinite16) return 0x7C00;
  if (magnitude >= kSmallestNormal16)
    return static_cast<std::uint16_t>(drop_bits(magnitude - kRebias16, 13));
  // Subnormal: a multiple of 2^-24; the product is exact, nearbyint rounds ties to even.
  return static_cast<std::uint16_t>(std::nearbyint(std::bit_cast<float>(magnitude) * 0x1p24F));
}

}  // namespace

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFF'FFFF) > kInfinity32) return static_cast<std::uint16_t>((bits >> 16) | 0x40);
  return static_cast<std::uint16_t>(drop_bits(bits, 16));
}

std::uint16_t to_fp16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  return static_cast<std::uint16_t>(sign | magnitude_to_fp16(bits & 0x7FFF'FFFF));
}

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

float from_fp16(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int fraction = bits & 0x3FF;
  float magnitude = 0;
  if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  else if (exponent < 31)
    magnitude = std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  else
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

double stored(ElementType type, double value) {
  std::byte bytes[8];
  store(type, value, bytes);
  return load(type, bytes);
}

void store(ElementType type, double value, std::byte* at) {
  switch (type) {
    case ElementType::fp32: return put(static_cast<float>(value), at);
    case ElementType::fp64: return put(value, at);
    case ElementType::bf16: return put(to_bf16(static_cast<float>(value)), at);
    case ElementType::fp16: return put(to_fp16(static_cast<float>(value)), at);
    case ElementType::u32:
      return put(static_cast<std::uint32_t>(static_cast<std::int64_t>(value)), at);
  }
}

double load(ElementType type, const std::byte* at) {
  switch (type) {
    case ElementType::fp32: return static_cast<double>(get<float>(at));
    case ElementType::fp64: return get<double>(at);
    case ElementType::bf16: return static_cast<double>(from_bf16(get<std::uint16_t>(at)));
    case ElementType::fp16: return static_cast<double>(from_fp16(get<std::uint16_t>(at)));
    case ElementType::u32: return get<std::int32_t>(at);
  }
  return 0;
}

void poison(ElementType type, std::span<std::byte> bytes) {
  // All ones is a NaN in every floating type.
  if (type != ElementType::u32) return std::fill(bytes.begin(), bytes.end(), std::byte{0xFF});
  for (std::size_t i = 0; i + sizeof kPoison <= bytes.size(); i += sizeof kPoison)
    put(kPoison, bytes.data() + i);
}

}  // namespace twinlink::models
