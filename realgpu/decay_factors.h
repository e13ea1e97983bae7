#pragma once
// What decay_sum multiplies its sources with: per op a table [source][head] on the op's GPU, in the
// arithmetic of the element type. Ops of another process's GPU have none here.
//
// Errors: UnsupportedError for sources at different places of their states; InputError from decay.
#include <vector>

#include "models/definition.h"
#include "realgpu/kernels.h"
#include "realgpu/plan_memory.h"

namespace twinlink::realgpu {

Scalar scalar_of(models::ElementType type);

class DecayFactors {
 public:
  // Only reads its arguments.
  DecayFactors(const models::Plan& plan, const models::Inputs& inputs, const PlanMemory& memory);

  struct Table {
    const void* factors = nullptr;  // null: the op has none, all are 1
    int heads = 1;
    std::int64_t first_element = 0, state_elements = 1;
  };
  [[nodiscard]] const Table& of(OpId op) const { return tables_[op.index()]; }

 private:
  void make(const models::Plan& plan, const models::Inputs& inputs, const PlanMemory& memory,
            OpId op);

  std::vector<models::StateShape> shapes_;
  std::vector<DeviceBuffer> buffers_;
  std::vector<Table> tables_;  // per op
};

}  // namespace twinlink::realgpu
