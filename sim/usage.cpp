#include "sim/usage.h"

#include <algorithm>
#include <bit>
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define TL_WIDE_VECTORS 1
#endif

namespace twinlink::sim {
namespace {

void push_bits(std::int64_t* units, const std::uint64_t* row, std::size_t words,
               std::int64_t change) {
  for (std::size_t w = 0; w < words; ++w)
    for (std::uint64_t bits = row[w]; bits != 0; bits &= bits - 1)
      units[64 * w + static_cast<std::size_t>(std::countr_zero(bits))] += change;
}

#ifdef TL_WIDE_VECTORS
__attribute__((target("avx512f,avx512dq"))) void push_vectors(std::int64_t* units,
                                                              const std::uint64_t* row,
                                                              std::size_t words,
                                                              std::int64_t change) {
  const __m512i more = _mm512_set1_epi64(change);
  for (std::size_t w = 0; w < words; ++w) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      const auto mask = static_cast<__mmask8>(row[w] >> (8 * i) & 0xFF);
      std::int64_t* const place = units + 64 * w + 8 * i;
      const __m512i before = _mm512_load_si512(place);
      _mm512_store_si512(place, _mm512_mask_add_epi64(before, mask, before, more));
    }
  }
}

bool has_wide_vectors() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0;
}
#endif

}  // namespace

Usage::Usage(std::size_t resources, Vectors vectors)
    : resources_(resources),
      half_((resources / 2 + kWord) / kWord * kWord),
      lines_(2 * half_ / kLine),
      push_(push_bits) {
#ifdef TL_WIDE_VECTORS
  if (vectors == Vectors::where_possible && has_wide_vectors()) push_ = push_vectors;
#endif
}

void Usage::set(std::int32_t owner, std::int32_t other, bool bit) {
  if (rows_.empty()) {
    rows_.resize(resources_ * words());
    spans_.resize(resources_);
  }
  const std::uint64_t mask = std::uint64_t{1} << (column(other) % kWord);
  std::uint64_t& w = rows_[word(owner, other)];
  w = bit ? w | mask : w & ~mask;
  Span& span = spans_[static_cast<std::size_t>(owner)];
  const auto place = static_cast<std::uint32_t>(column(other) / kWord);
  span.begin = std::min(span.begin, place);
  span.end = std::max(span.end, place + 1);
}

void Usage::push(std::int32_t owner, std::int64_t units) {
  if (rows_.empty()) return;
  const Span span = spans_[static_cast<std::size_t>(owner)];
  if (span.begin >= span.end) return;
  push_(lines_[span.begin * (kWord / kLine)].units,
        rows_.data() + static_cast<std::size_t>(owner) * words() + span.begin,
        span.end - span.begin, units);
}

std::size_t Usage::memory_bytes() const {
  return lines_.capacity() * sizeof(Line) + rows_.capacity() * sizeof(rows_[0]) +
         spans_.capacity() * sizeof(Span);
}

}  // namespace twinlink::sim
