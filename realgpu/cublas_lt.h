#pragma once
// fp8 matrix products through cuBLASLt: what Hopper has below bf16.
//
//   C = A' B,  A: k x m, B: k x n in e4m3, C: m x n in bf16, all column-major and dense; sums as
//   the tensor cores make them (with fewer bits than fp32: exact for small whole numbers only),
//   scales 1
// One product a call: the library has no fp8 product with one pointer per matrix. Looked for when
// asked, never linked. m, n and k must be divisible by 16.
// Errors: UnsupportedError when the library, or a function of it, is not there; GpuError naming the
// call.
#include <cstdint>
#include <memory>

#include "realgpu/cublas.h"

namespace twinlink::realgpu {

class CublasLt {
 public:
  explicit CublasLt(int device);
  ~CublasLt();
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;

  void fp8(const GemmShape& shape, const Cublas::Matrices& matrices, const Stream& stream) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The bits of a whole number in e4m3; |value| <= 15.
std::uint8_t e4m3_bits(int value);

}  // namespace twinlink::realgpu
