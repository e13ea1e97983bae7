#include "models/collectives/all_gather_copy_engine.h"
#include "models/collectives/all_gather_direct.h"
#include "models/collectives/all_gather_multimem.h"
#include "models/collectives/all_gather_ring.h"
#include "models/collectives/all_to_all_copy_engine.h"
#include "models/collectives/all_to_all_direct.h"
#include "models/collectives/broadcast_direct.h"
#include "models/collectives/broadcast_multimem.h"
#include "models/collectives/broadcast_ring.h"
#include "models/collectives/nccl_call.h"
#include "models/collectives/push_exchange.h"
#include "models/collectives/reduce_scatter_direct.h"
#include "models/collectives/reduce_scatter_multimem.h"
#include "models/collectives/reduce_scatter_ring.h"
#include "models/collectives/rows.h"
#include "models/collectives/sendrecv_copy_engine.h"
#include "models/collectives/sendrecv_direct.h"

namespace twinlink::models {

std::vector<Algorithm> rows_moves() {
  return {
      Algorithm{"direct", Operation::reduce_scatter,
                "every rank reads its share of all inputs and adds them", "first half of two_shot",
                "alpha + (P-1) ceil(n/P) (beta + gamma)", build_reduce_scatter_direct,
                counts_reduce_scatter_direct, closed_form_reduce_scatter_direct,
                plan_size_reduce_scatter_direct, 0},
      Algorithm{"push", Operation::reduce_scatter,
                "every rank pushes shares into scratch of their owners, who add what arrives",
                "NCCL's LL and LL128 protocols, in one step",
                "alpha + (n - floor(n/P)) beta + (P-1) ceil(n/P) gamma", build_reduce_scatter_push,
                counts_reduce_scatter_push, closed_form_reduce_scatter_push, plan_size_push, 0},
      Algorithm{"ring", Operation::reduce_scatter, "partial sums of one share around a ring",
                "Patarasuk and Yuan, JPDC 69 (2009)", "(P-1) (alpha + ceil(n/P) (beta + gamma))",
                build_reduce_scatter_ring, counts_reduce_scatter_ring,
                closed_form_reduce_scatter_ring, plan_size_reduce_scatter_ring, 0},
      Algorithm{"multimem", Operation::reduce_scatter,
                "every rank loads its share's sum from the switch", "multimem.ld_reduce; NCCL NVLS",
                "alpha + n beta", build_reduce_scatter_multimem, counts_reduce_scatter_multimem,
                closed_form_reduce_scatter_multimem, plan_size_reduce_scatter_multimem, 0,
                Needs::multicast},
      nccl_row(Operation::reduce_scatter, "one call of NCCL: ring or in-switch sums"),
      Algorithm{"direct", Operation::all_gather, "every rank stores its share into all outputs",
                "second half of two_shot, as stores", "alpha + (P-1) ceil(n/P) beta",
                build_all_gather_direct, counts_all_gather_direct, closed_form_all_gather_direct,
                plan_size_all_gather_direct, 0},
      Algorithm{"push", Operation::all_gather,
                "every rank pushes its share into scratch of all, who copy what arrives",
                "NCCL's LL and LL128 protocols, in one step", "alpha + (P-1) ceil(n/P) beta",
                build_all_gather_push, counts_all_gather_push, closed_form_all_gather_push,
                plan_size_push, 0},
      Algorithm{"ring", Operation::all_gather, "shares around a ring",
                "Patarasuk and Yuan, JPDC 69 (2009)", "(P-1) (alpha + ceil(n/P) beta)",
                build_all_gather_ring, counts_all_gather_ring, closed_form_all_gather_ring,
                plan_size_all_gather_ring, 0},
      Algorithm{"multimem", Operation::all_gather,
                "every rank stores its share once and the switch multicasts it",
                "multimem.st; NCCL NVLS", "alpha + n beta", build_all_gather_multimem,
                counts_all_gather_multimem, closed_form_all_gather_multimem,
                plan_size_all_gather_multimem, 0, Needs::multicast},
      Algorithm{"copy_engine", Operation::all_gather,
                "every rank's copy engines push its share into all outputs",
                "NCCL 2.28, ce_coll.cc", "ceil((P-1)/4) alpha + (P-1) ceil(n/P) beta",
                build_all_gather_copy_engine, counts_all_gather_copy_engine,
                closed_form_all_gather_copy_engine, plan_size_all_gather_copy_engine, 0},
      nccl_row(Operation::all_gather, "one call of NCCL: ring or in-switch multicasts"),
      Algorithm{"direct", Operation::all_to_all,
                "every rank pushes all its blocks at once, one lane per peer up to 144",
                "pairwise exchange with all pairs in flight",
                "ceil((P-1)/L) alpha + max(n - floor(n/P), (P-1) ceil(n/P)) beta, L lanes",
                build_all_to_all_direct, counts_all_to_all_direct, closed_form_all_to_all_direct,
                plan_size_all_to_all_direct, 0},
      Algorithm{"push", Operation::all_to_all,
                "every rank pushes its blocks into scratch of their owners, who copy what arrives",
                "NCCL's LL and LL128 protocols, in one step",
                "alpha + max(n - floor(n/P), (P-1) ceil(n/P)) beta", build_all_to_all_push,
                counts_all_to_all_push, closed_form_all_to_all_push, plan_size_push, 0,
                Needs::nothing, nullptr, refuses_all_to_all_push},
      Algorithm{"copy_engine", Operation::all_to_all, "every rank's copy engines push its blocks",
                "NCCL 2.28, ce_coll.cc",
                "ceil((P-1)/4) alpha + max(n - floor(n/P), (P-1) ceil(n/P)) beta",
                build_all_to_all_copy_engine, counts_all_to_all_copy_engine,
                closed_form_all_to_all_copy_engine, plan_size_all_to_all_copy_engine, 0},
      nccl_row(Operation::all_to_all,
               "one group of NCCL sends and receives: every pair on a few channels"),
      Algorithm{"direct", Operation::broadcast, "the root stores into all outputs", "flat tree",
                "alpha + (P-1) n beta", build_broadcast_direct, counts_broadcast_direct,
                closed_form_broadcast_direct, plan_size_broadcast_direct, 0},
      Algorithm{"ring", Operation::broadcast, "a chain of ranks, pipelined in slices",
                "pipelined chain; NCCL", "(P+K-2) alpha + (n + (P-2) ceil(n/K)) beta, K slices",
                build_broadcast_ring, counts_broadcast_ring, closed_form_broadcast_ring,
                plan_size_broadcast_ring, 0},
      Algorithm{"multimem", Operation::broadcast,
                "the root stores once and the switch multicasts it", "multimem.st",
                "alpha + n beta", build_broadcast_multimem, counts_broadcast_multimem,
                closed_form_broadcast_multimem, plan_size_broadcast_multimem, 0, Needs::multicast},
      nccl_row(Operation::broadcast, "one call of NCCL: a chain in chunks"),
      Algorithm{"direct", Operation::sendrecv,
                "every rank stores into its right neighbour's output",
                "nccl-tests sendrecv_perf, as stores", "alpha + n beta", build_sendrecv_direct,
                counts_sendrecv_direct, closed_form_sendrecv_direct, plan_size_sendrecv_direct, 0},
      Algorithm{"copy_engine", Operation::sendrecv,
                "every rank's copy engine pushes to its right neighbour", "cudaMemcpyPeerAsync",
                "alpha + n beta", build_sendrecv_copy_engine, counts_sendrecv_copy_engine,
                closed_form_sendrecv_copy_engine, plan_size_sendrecv_copy_engine, 0},
      nccl_row(Operation::sendrecv, "one NCCL send and one receive of every rank"),
  };
}

}  // namespace twinlink::models
