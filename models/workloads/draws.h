#pragma once
// Seeded random numbers for workloads: splitmix64, the same on every machine. Not for cryptography.
#include <cstdint>

namespace twinlink::models {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // In 0..n-1, n >= 1.
  std::uint64_t below(std::uint64_t n) { return next() % n; }

 private:
  std::uint64_t state_;
};

// A seed of its own for part (a, b) of what `seed` names.
inline std::uint64_t part_of_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0) {
  Draws first(seed ^ (a * 0xD6E8FEB86659FD93ULL));
  Draws second(first.next() ^ (b * 0xA0761D6478BD642FULL));
  return second.next();
}

}  // namespace twinlink::models
