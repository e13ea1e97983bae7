#pragma once
// Inputs of linear attention that bf16 holds exactly, the same on host and device: multiples of
// 1/64 in [-2, 2), by tensor (0 q, 1 k, 2 v, 3 the gradient of the output) and position, so that a
// reference needs none of the memory of a GPU. Hash: SplitMix64's finaliser.
#include <cstdint>

namespace twinlink::realgpu {

// index: position in a tensor of sequences x tokens x width of the whole sequences.
constexpr float attention_value(int tensor, std::int64_t index) {
  auto x = static_cast<std::uint64_t>(index) * 4 + static_cast<std::uint64_t>(tensor);
  x += 0x9E37'79B9'7F4A'7C15;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return static_cast<float>(static_cast<int>((x ^ (x >> 31)) & 255) - 128) / 64;
}

}  // namespace twinlink::realgpu
