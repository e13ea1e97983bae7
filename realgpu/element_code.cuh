#pragma once
// Arithmetic on elements as the host does it: fp32 for fp32, bf16 and fp16 (rounded to nearest even
// when stored), fp64, modulo 2^32 for u32; products and sums rounded separately.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

namespace twinlink::realgpu {

template <class T>
struct Arithmetic {
  using Type = float;
};
template <>
struct Arithmetic<double> {
  using Type = double;
};
template <>
struct Arithmetic<std::uint32_t> {
  using Type = std::uint32_t;
};
template <class T>
using ArithmeticOf = typename Arithmetic<T>::Type;

template <class T>
__device__ ArithmeticOf<T> widen(T value) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>)
    return __bfloat162float(value);
  else if constexpr (std::is_same_v<T, __half>)
    return __half2float(value);
  else
    return value;
}

template <class T>
__device__ T narrow(ArithmeticOf<T> value) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>)
    return __float2bfloat16_rn(value);
  else if constexpr (std::is_same_v<T, __half>)
    return __float2half_rn(value);
  else
    return value;
}

template <class T>
inline constexpr int kPerVector = 16 / static_cast<int>(sizeof(T));

// 16 bytes of elements: one load, one store.
template <class T>
union Vector {
  uint4 raw;
  T elements[kPerVector<T>];
  __device__ Vector() : raw{} {}
};

template <class T>
struct Sum {
  ArithmeticOf<T> values[kPerVector<T>];
};

template <class T>
__device__ void add(Sum<T>& sum, const Vector<T>& vector) {
#pragma unroll
  for (int i = 0; i < kPerVector<T>; ++i) sum.values[i] += widen<T>(vector.elements[i]);
}

// All elements of the vector have one factor.
template <class T>
__device__ void add(Sum<T>& sum, const Vector<T>& vector, ArithmeticOf<T> factor) {
#pragma unroll
  for (int i = 0; i < kPerVector<T>; ++i) sum.values[i] += factor * widen<T>(vector.elements[i]);
}

template <class T>
__device__ Vector<T> rounded(const Sum<T>& sum) {
  Vector<T> vector;
#pragma unroll
  for (int i = 0; i < kPerVector<T>; ++i) vector.elements[i] = narrow<T>(sum.values[i]);
  return vector;
}

}  // namespace twinlink::realgpu
