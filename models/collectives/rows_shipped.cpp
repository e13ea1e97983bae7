#include "models/collectives/all_reduce_ca_1stage.h"
#include "models/collectives/all_reduce_ca_2stage.h"
#include "models/collectives/all_reduce_symm_mem_multimem.h"
#include "models/collectives/all_reduce_symm_mem_two_shot.h"
#include "models/collectives/nccl_call.h"
#include "models/collectives/rows.h"

namespace twinlink::models {

std::vector<Algorithm> rows_shipped() {
  return {
      Algorithm{"ca_1stage", Operation::all_reduce,
                "one_shot as vLLM ships it: at most 36 blocks of 512 threads",
                "vLLM csrc/custom_all_reduce.cuh, 1-stage", "alpha + (P-1) n (beta + gamma)",
                build_all_reduce_ca_1stage, counts_all_reduce_ca_1stage,
                closed_form_all_reduce_ca_1stage, plan_size_all_reduce_ca_1stage, 0, Needs::nothing,
                beyond_custom_all_reduce},
      Algorithm{"ca_2stage", Operation::all_reduce,
                "two_shot as vLLM ships it: at most 36 blocks of 512 threads, one load at a time "
                "in the gather",
                "vLLM csrc/custom_all_reduce.cuh, 2-stage",
                "2 alpha + ((P-1) s + n - t) beta + (P-1) s gamma, s, t: largest and smallest "
                "share",
                build_all_reduce_ca_2stage, counts_all_reduce_ca_2stage,
                closed_form_all_reduce_ca_2stage, plan_size_all_reduce_ca_2stage, 0, Needs::nothing,
                beyond_custom_all_reduce},
      Algorithm{"symm_mem_multimem", Operation::all_reduce,
                "as PyTorch ships it: copy in, the switch adds and multicasts in place, copy out",
                "PyTorch CUDASymmetricMemoryOps.cu, multimem_all_reduce_",
                "alpha + (n + s) beta, s: largest share; and 4 n local",
                build_all_reduce_symm_mem_multimem, counts_all_reduce_symm_mem_multimem,
                closed_form_all_reduce_symm_mem_multimem, plan_size_all_reduce_symm_mem_multimem, 0,
                Needs::multicast, beyond_symm_mem_multimem},
      Algorithm{"symm_mem_two_shot", Operation::all_reduce,
                "as PyTorch ships it: copy in, load all, add and store to all in place, copy out",
                "PyTorch CUDASymmetricMemoryOps.cu, two_shot_all_reduce_",
                "alpha + 2 (P-1) s beta + (P-1) s gamma, s: largest share; and 4 n local",
                build_all_reduce_symm_mem_two_shot, counts_all_reduce_symm_mem_two_shot,
                closed_form_all_reduce_symm_mem_two_shot, plan_size_all_reduce_symm_mem_two_shot, 0,
                Needs::nothing, beyond_symm_mem_two_shot},
      nccl_row(Operation::all_reduce,
               "one call of NCCL: ring, tree or in-switch sums, as its own chooser decides"),
  };
}

}  // namespace twinlink::models
