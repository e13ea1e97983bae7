#pragma once
// Large arrays that are walked in no order of addresses: asks for large pages before they are
// touched. A plan of 576 ranks has 60 MB; with 4 KiB pages a tenth of the whole program went into
// page faults and as much into address translation. Elsewhere than on Linux: an ordinary reserve.
#include <cstddef>
#include <cstdint>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace twinlink {

// v.reserve(n), of which the part that whole large pages cover is to be backed by them.
template <class T>
void reserve_large(std::vector<T>& v, std::size_t n) {
  v.reserve(n);
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(v.data());
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + v.capacity() * sizeof(T)) / kPage * kPage;
  // A wish: without it all works, slower.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

// v.resize(n) on such memory.
template <class T>
void resize_large(std::vector<T>& v, std::size_t n, const T& value = {}) {
  reserve_large(v, n);
  v.resize(n, value);
}

}  // namespace twinlink
