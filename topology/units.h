#pragma once
// Units of the whole program: bytes, simulated time and bandwidth, each a type of its own.
//
// Time is an integer number of picoseconds (64 bits: 106 days), bandwidth an integer number of
// bytes per second and direction. GB = 1e9 bytes, GiB = 2^30 bytes. A transfer of `size` at `rate`
// lasts ceil(size * 1e12 / rate) ps: rounded once, up, in integers, so that the same input gives
// the same picosecond on every machine.
#include <compare>
#include <cstdint>

namespace twinlink {

__extension__ typedef __int128 Int128;

inline constexpr std::int64_t kPicosecondsPerSecond = 1'000'000'000'000;

struct Bytes {
  std::int64_t count = 0;
  friend constexpr auto operator<=>(const Bytes&, const Bytes&) = default;
  constexpr Bytes& operator+=(Bytes other) { return count += other.count, *this; }
};
constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }
constexpr Bytes operator-(Bytes a, Bytes b) { return {a.count - b.count}; }
constexpr Bytes operator*(Bytes a, std::int64_t k) { return {a.count * k}; }
constexpr Bytes kib(std::int64_t n) { return {n << 10}; }
constexpr Bytes mib(std::int64_t n) { return {n << 20}; }
constexpr Bytes gib(std::int64_t n) { return {n << 30}; }

// A span of time or an instant since the start of a run, in picoseconds.
struct Duration {
  std::int64_t ps = 0;
  friend constexpr auto operator<=>(const Duration&, const Duration&) = default;
  constexpr Duration& operator+=(Duration other) { return ps += other.ps, *this; }
};
constexpr Duration operator+(Duration a, Duration b) { return {a.ps + b.ps}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.ps - b.ps}; }
constexpr Duration operator*(Duration a, std::int64_t k) { return {a.ps * k}; }
constexpr Duration ns(std::int64_t n) { return {n * 1'000}; }
constexpr Duration us(std::int64_t n) { return {n * 1'000'000}; }
constexpr double to_us(Duration d) { return static_cast<double>(d.ps) * 1e-6; }

// Rate of one direction of a link, or of a memory.
struct Bandwidth {
  std::int64_t bytes_per_s = 0;
  friend constexpr auto operator<=>(const Bandwidth&, const Bandwidth&) = default;
};
constexpr Bandwidth gb_per_s(std::int64_t n) { return {n * 1'000'000'000}; }

// ceil(size / rate). Precondition: size >= 0, rate > 0.
constexpr Duration transfer_time(Bytes size, Bandwidth rate) {
  const Int128 scaled = static_cast<Int128>(size.count) * kPicosecondsPerSecond;
  return {static_cast<std::int64_t>((scaled + rate.bytes_per_s - 1) / rate.bytes_per_s)};
}

}  // namespace twinlink
