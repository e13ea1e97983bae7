#pragma once
// Executor `host`: the plan on host arrays, op by op in the order of their ids, which is one of the
// orders that the plan allows. Gives numbers, no time.
//
// Arithmetic follows the buffers' element type (bf16 and fp16 round every stored value to nearest
// even; sums are formed in fp32 as the GPU kernels do), or is exact modulo 2^32. Scratch and
// outputs are poisoned first (NaN; 0xDEADBEEF in exact mode), so that a value nobody wrote shows.
// compute ops change no data (their work is a matter of time); barriers need nothing, since the
// order of ids is kept. A plan without claims has no numbers.
// Memory: all buffers of the plan at once, plus outputs and definition of one claim; refused with
// its size above 8 GiB (InputError).
#include <vector>

#include "models/executor.h"

namespace twinlink::sim {

class HostExecutor : public models::Executor {
 public:
  models::Execution execute(const models::Plan& plan, const models::Inputs& inputs) override;
};

}  // namespace twinlink::sim
