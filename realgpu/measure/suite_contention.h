#pragma once
// Suites `overlap` and `sharing`: two consumers alone and beside each other (beside.h), all issued
// by one GPU.
//
// overlap: bf16 GEMMs of several shapes (cuBLAS, random operands) beside pulls and pushes by the
// copy engine, pulls by 8 and 32 CTAs, local copies by SMs.
// sharing: unequal pulls over one link (CTAs, loads in flight, copy engine beside SMs, opposite
// directions), unequal readers and copies of one HBM.
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_overlap(Recorder& recorder);
void measure_sharing(Recorder& recorder);

}  // namespace twinlink::realgpu
