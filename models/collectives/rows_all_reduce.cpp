#include "models/collectives/all_reduce_double_binary_tree.h"
#include "models/collectives/all_reduce_halving_doubling.h"
#include "models/collectives/all_reduce_hierarchical.h"
#include "models/collectives/all_reduce_multimem_one_shot.h"
#include "models/collectives/all_reduce_multimem_two_shot.h"
#include "models/collectives/all_reduce_one_shot.h"
#include "models/collectives/all_reduce_one_shot_push.h"
#include "models/collectives/all_reduce_ring.h"
#include "models/collectives/all_reduce_two_shot.h"
#include "models/collectives/all_reduce_two_shot_push.h"
#include "models/collectives/rows.h"

namespace twinlink::models {

std::vector<Algorithm> rows_all_reduce() {
  return {
      Algorithm{"ring", Operation::all_reduce,
                "reduce-scatter and all-gather around a ring, one share per step",
                "Patarasuk and Yuan, JPDC 69 (2009)",
                "2 (P-1) (alpha + ceil(n/P) beta) + (P-1) ceil(n/P) gamma", build_all_reduce_ring,
                counts_all_reduce_ring, closed_form_all_reduce_ring, plan_size_all_reduce_ring, 0},
      Algorithm{"double_binary_tree", Operation::all_reduce,
                "two complementary trees, half of the data each, up and down in slices",
                "Sanders, Speck and Traeff, Parallel Computing 35 (2009)",
                "max(longest chain of 2 L + K - 1 ops, 2 n beta, n gamma), K slices",
                build_all_reduce_double_binary_tree, counts_all_reduce_double_binary_tree,
                closed_form_all_reduce_double_binary_tree, plan_size_all_reduce_double_binary_tree,
                0},
      Algorithm{
          "halving_doubling", Operation::all_reduce,
          "recursive halving, then doubling; ranks above a power of two join before and after",
          "Rabenseifner, ICCS 2004",
          "2 L alpha + (P-1)/P n (2 beta + gamma), P a power of two; else L = floor(log2 P) and 2 "
          "alpha + n (2 beta + gamma) more",
          build_all_reduce_halving_doubling, counts_all_reduce_halving_doubling,
          closed_form_all_reduce_halving_doubling, plan_size_all_reduce_halving_doubling, 0},
      Algorithm{"one_shot", Operation::all_reduce,
                "every rank reads all inputs and adds them in the same order",
                "vLLM csrc/custom_all_reduce.cuh, 1-stage", "alpha + (P-1) n (beta + gamma)",
                build_all_reduce_one_shot, counts_all_reduce_one_shot,
                closed_form_all_reduce_one_shot, plan_size_all_reduce_one_shot, 0},
      Algorithm{
          "one_shot_push", Operation::all_reduce,
          "every rank pushes its input to all, data and flag in one store where that pays, and "
          "adds what arrives in the same order",
          "NCCL's LL and LL128 protocols, in one step", "alpha + (P-1) n (beta + gamma)",
          build_all_reduce_one_shot_push, counts_all_reduce_one_shot_push,
          closed_form_all_reduce_one_shot_push, plan_size_all_reduce_one_shot_push, 0},
      Algorithm{"two_shot", Operation::all_reduce,
                "every rank reduces its share of all inputs, then fetches the other shares",
                "vLLM csrc/custom_all_reduce.cuh, 2-stage",
                "2 alpha + ((P-1) ceil(n/P) + n - floor(n/P)) beta + (P-1) ceil(n/P) gamma",
                build_all_reduce_two_shot, counts_all_reduce_two_shot,
                closed_form_all_reduce_two_shot, plan_size_all_reduce_two_shot, 0},
      Algorithm{"two_shot_push", Operation::all_reduce,
                "every rank pushes shares to their owners, who sum them and push the sums to all",
                "two-shot with stores and flags in place of loads and meetings",
                "2 alpha + ((P-1) ceil(n/P) + n - floor(n/P)) beta + (P-1) ceil(n/P) gamma",
                build_all_reduce_two_shot_push, counts_all_reduce_two_shot_push,
                closed_form_all_reduce_two_shot_push, plan_size_all_reduce_two_shot_push, 0},
      Algorithm{"multimem_one_shot", Operation::all_reduce,
                "every rank loads sums that the switch forms",
                "PyTorch multimem_one_shot_all_reduce", "alpha + P n beta",
                build_all_reduce_multimem_one_shot, counts_all_reduce_multimem_one_shot,
                closed_form_all_reduce_multimem_one_shot, plan_size_all_reduce_multimem_one_shot, 0,
                Needs::multicast},
      Algorithm{"multimem_two_shot", Operation::all_reduce,
                "every rank loads its share's sum from the switch and multicasts it",
                "PyTorch multimem_all_reduce_", "alpha + (n + ceil(n/P)) beta",
                build_all_reduce_multimem_two_shot, counts_all_reduce_multimem_two_shot,
                closed_form_all_reduce_multimem_two_shot, plan_size_all_reduce_multimem_two_shot, 0,
                Needs::multicast},
      Algorithm{"hierarchical", Operation::all_reduce,
                "two_shot in each NVLink domain, around an exchange of each share by NICs",
                "MPI and NCCL over rails",
                "D domains of M: 4 alpha + (2 (M-1)/M n + 2 (D-1)/D n/M) beta + ((M-1)/M n + "
                "(D-1)/D n/M) gamma",
                build_all_reduce_hierarchical, counts_all_reduce_hierarchical,
                closed_form_all_reduce_hierarchical, plan_size_all_reduce_hierarchical, 0,
                Needs::nothing, nullptr, refuses_all_reduce_hierarchical},
  };
}

}  // namespace twinlink::models
