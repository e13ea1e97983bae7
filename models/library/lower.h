#pragma once
// Library calls as what the library does with them on a given machine: a plan for the simulator.
//
// Each call is replaced by the sub-plan that NCCL's chooser (nccl_tuning.h) picks: a ring, a tree,
// in-switch sums (NVLS) or pairs, with the channels as lanes, the protocol's edges (LL, LL128:
// flags in the data; Simple: flags behind fences) and the chunks. A member's part is one kernel: it
// starts when that member comes, with the library's start cost, and ends when its own channels
// have. The sub-plan is proved like any plan: the lowered plan has the claims of the original. Left
// out: several calls of one group in flight; NIC proxies (across domains the channels push); the
// slots' flow control (a receiver never holds a sender up); LL's and LL128's loops over buffer
// slots, because their lines stream: a step is one op whatever its size.
#include <vector>

#include "models/library/nccl_tuning.h"
#include "models/plan/plan.h"
#include "topology/topology.h"

namespace twinlink::models {

struct LibraryMachine {
  GpuGeneration generation = GpuGeneration::hopper;
  bool multicast = false;
  std::vector<std::int32_t> domain_of_gpu;  // empty: one domain
  NcclVersion version = NcclVersion::v2_27;
  // Pieces of a step of an LL128 ring. Lines are forwarded as they come, so a hop hides behind the
  // transfer of the rest of its step; as one piece it adds to it, as in NCCL's estimate of itself
  // and in what the profiles' constants were fitted with.
  std::int32_t ll128_pieces = 1;
};

// By the NVLink rate of a GPU: up to 300 GB/s Ampere, up to 450 Hopper, above Blackwell. Throws
// UnsupportedError for GPUs without NVLink switches or peers: NCCL's choice there is not known
// here.
LibraryMachine library_machine(const topology::Topology& topology);

struct LoweredPlan {
  Plan plan;
  std::vector<OpId> first, last;  // by op of the original: what it became
};

// Precondition: the plan passes check_deadlock.
LoweredPlan lower(const Plan& plan, const LibraryMachine& machine);

}  // namespace twinlink::models
