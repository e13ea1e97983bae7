#pragma once
// Links from a published bus rate of NCCL's rings.
//
// The bus rate of an all-reduce, 2 (P - 1) / P x bytes / time (nccl-tests), holds all that its
// stages pay: 2 P - 2 sends with their flags, and the copy out of NCCL's buffers at the end, which
// crosses no link. So the links let through more. wire_push is set such that the simulated ring of
// 1 GiB takes the published time: T = a + b x wire_push, in Newton steps from b = what 2 P - 2
// sends take on the links, which T follows closely. Constants of channels and flags stay the
// profile's. One rank has no ring, and its machine stays as it is.
// InputError (/workload/nccl_ring): no links reach that rate. `bus` > 0.
#include "scenarios/machine.h"

namespace twinlink::scenarios {

Machine with_ring_rate(Machine machine, Bandwidth bus, int ranks);

}  // namespace twinlink::scenarios
