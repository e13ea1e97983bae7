#pragma once
// The matrix products of a plan's compute ops on its GPUs, through cuBLAS, and the verdict on them.
//
// Weights are read where they lie: in the op's weight sources, one pointer per matrix, or, where no
// buffer of the plan holds them, in memory of the lane. Activations and results lie in memory of
// the lane, one op after the other in the same bytes; operands are exact (exact_pattern.h), so
// results are defined bit for bit. One product of an op: cublasGemmEx; several of one shape:
// cublasGemmBatchedEx. An op's products follow each other; each reads activations of its own, since
// what stands between them (gating) is not part of a product.
// With `compare`, every product with weight sources is followed by a comparison of three columns of
// each matrix with their definition (product_kernels.h), from the weights that the plan's copies
// should have left there (weight_origins.h).
// bf16 only: fp8 and fp4 are simulated only. Errors: UnsupportedError (these, or no cuBLAS),
// GpuError.
#include <memory>
#include <optional>
#include <vector>

#include "models/executor.h"
#include "realgpu/cublas.h"
#include "realgpu/plan_memory.h"
#include "realgpu/product_kernels.h"
#include "realgpu/weight_origins.h"

namespace twinlink::realgpu {

class Products {
 public:
  // Keeps references to both. Nothing is loaded or allocated for a plan without products.
  Products(const models::Plan& plan, const PlanMemory& memory);

  [[nodiscard]] bool serves(OpId op) const { return static_cast<bool>(ops_[op.index()]); }
  [[nodiscard]] bool none() const { return lanes_.empty(); }
  void issue(OpId op, const Stream& stream, bool compare) const;

  // Forgets what was compared. Both: the devices must be idle.
  void reset() const;
  // Compares what copies left in the plan's buffers, too. Right: every element compared, of at
  // least one product, equals its definition. Plans whose products have no weight sources: right.
  [[nodiscard]] models::Numbers verdict() const;

 private:
  // What the ops of one lane share.
  struct LaneWork {
    LaneWork(int device, std::int64_t weights, std::int64_t activations, std::int64_t results);
    Cublas cublas;
    DeviceBuffer weights, activations, results;
  };
  struct OpWork {
    DeviceBuffer pointers;  // per product: of A, B, C
    DeviceBuffer ranges;    // per matrix: its weights
    DeviceBuffer found;
    bool compared;
  };
  void make_lane(std::size_t lane);
  void make_op(OpId op);
  void multiply(const models::Product& product, std::int64_t first_matrix, OpId op,
                const Stream& stream) const;
  void compare(const models::Product& product, std::int64_t first_matrix, OpId op,
               const Stream& stream) const;
  [[nodiscard]] const models::Compute& work_of(OpId op) const;
  [[nodiscard]] Mismatches compare_landed(const WeightsAt& landed) const;
  [[nodiscard]] std::vector<std::byte*> weights_of(OpId op) const;

  const models::Plan& plan_;
  const PlanMemory& memory_;
  WeightOrigins origins_;
  std::vector<std::unique_ptr<LaneWork>> lanes_;  // per lane; empty: no products at all
  std::vector<std::unique_ptr<OpWork>> ops_;      // per op
};

}  // namespace twinlink::realgpu
