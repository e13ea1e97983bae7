#pragma once
// Suite `memory`: one GPU's own memory, by SMs (sm_copy, sm_read, sm_write, sm_fold: two sources to
// one destination) over CTAs, loads in flight and sizes, and memcpy_local (the driver's copy).
// Sizes up to some 30 MiB stay in the L2 when repeated, as they are here. GB/s counts the payload
// of one side: a copy moves twice as much in the memory.
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_memory(Recorder& recorder);

}  // namespace twinlink::realgpu
