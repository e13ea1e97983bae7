#pragma once
// The arithmetic of reduce, multimem_reduce and scan_reduce ops on host arrays: ordered folds.
//
// sum:        d = s0 + s1 + ...                      (no source: 0, the identity)
// decay_sum:  d = a^w0 s0 + a^w1 s1 + ...            (a: decay of the element's head, w: the
//                                                     slice's decay_power)
// scan_reduce: x_0 = 0, x_(i+1) = a^wi x_i + s_i (sum: x_i + s_i); the last prefixes are stored
// Sums are formed from left to right in fp32 for fp32, bf16 and fp16 (each product and each sum
// rounded), in fp64 for fp64, modulo 2^32 for u32; the result is rounded to nearest even when
// stored. All sources are read before the first destination is written, so a fold may be in place.
#include <span>
#include <vector>

#include "models/definition.h"
#include "sim/host_memory.h"

namespace twinlink::sim {

class HostFold {
 public:
  HostFold(const models::Plan& plan, const models::Inputs& inputs, HostMemory& memory);
  // op is a reduce that check_runnable accepts.
  void run(OpId op);

 private:
  template <class Number>
  void fold(OpId op);
  template <class Number>
  void scan(OpId op);
  // values *= decay^power, head by head; the values are those of `slice`.
  template <class Number>
  void decay_values(const models::Slice& slice, std::int32_t power, std::span<Number> values) const;
  template <class Number>
  [[nodiscard]] Number factor(std::int32_t head, std::int32_t power) const;

  const models::Plan& plan_;
  const models::Inputs& inputs_;
  HostMemory& memory_;
  std::vector<models::StateShape> shapes_;
};

}  // namespace twinlink::sim
