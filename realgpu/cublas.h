#pragma once
// bf16 matrix products through cuBLAS, one pointer per matrix: matrices lie where they are, so a
// batch may take its weights from several buffers.
//
//   C_i = A_i B_i,  A_i: m x k, B_i: k x n, C_i: m x n, all column-major and dense, bf16; products
//   and sums in fp32; 2 m n k FLOPs each
// gemm: all of one shape, grouped: a shape per group of matrices, one call each. The library
// (libcublas.so) is looked for when asked, never linked. Workspace is ours, so that calls can be
// captured. Errors: UnsupportedError when the library, or a function of it, is not there; GpuError
// naming the call.
#include <memory>
#include <string>
#include <vector>

#include "realgpu/device_buffer.h"
#include "realgpu/stream.h"

namespace twinlink::realgpu {

struct GemmShape {
  int m = 0, n = 0, k = 0;
  int count = 1;  // matrices of this shape
  [[nodiscard]] double flops() const { return 2.0 * m * n * k * count; }
};

// Device arrays of addresses, one per matrix.
struct GemmPointers {
  const void* const* a = nullptr;
  const void* const* b = nullptr;
  void* const* c = nullptr;
};

class Cublas {
 public:
  explicit Cublas(int device);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  [[nodiscard]] std::string version() const;  // "13.0.2"
  // One product (shape.count is 1) of matrices named on the host: the fastest path for large ones.
  struct Matrices {
    const void *a, *b;
    void* c;
  };
  void dense(const GemmShape& shape, const Matrices& matrices, const Stream& stream) const;
  void gemm(const GemmShape& shape, const GemmPointers& matrices, const Stream& stream) const;
  // The pointers of all groups in a row.
  void grouped(const std::vector<GemmShape>& groups, const GemmPointers& matrices,
               const Stream& stream) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace twinlink::realgpu
