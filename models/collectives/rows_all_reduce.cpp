#include "models/collectives/all_reduce_one_shot.h"
#include "models/collectives/all_reduce_ring.h"
#include "models/collectives/all_reduce_two_shot.h"
#include "models/collectives/rows.h"

namespace twinlink::models {

std::vector<Algorithm> rows_all_reduce() {
  return {
      Algorithm{"ring", Operation::all_reduce,
                "reduce-scatter and all-gather around a ring, one share per step",
                "Patarasuk and Yuan, JPDC 69 (2009)",
                "2 (P-1) (alpha + ceil(n/P) beta) + (P-1) ceil(n/P) gamma", build_all_reduce_ring,
                counts_all_reduce_ring, closed_form_all_reduce_ring, plan_size_all_reduce_ring, 0},
      Algorithm{"one_shot", Operation::all_reduce,
                "every rank reads all inputs and adds them in the same order",
                "vLLM csrc/custom_all_reduce.cuh, 1-stage", "alpha + (P-1) n (beta + gamma)",
                build_all_reduce_one_shot, counts_all_reduce_one_shot,
                closed_form_all_reduce_one_shot, plan_size_all_reduce_one_shot, 0},
      Algorithm{"two_shot", Operation::all_reduce,
                "every rank reduces its share of all inputs, then fetches the other shares",
                "vLLM csrc/custom_all_reduce.cuh, 2-stage",
                "2 alpha + ((P-1) ceil(n/P) + n - floor(n/P)) beta + (P-1) ceil(n/P) gamma",
                build_all_reduce_two_shot, counts_all_reduce_two_shot,
                closed_form_all_reduce_two_shot, plan_size_all_reduce_two_shot, 0},
  };
}

}  // namespace twinlink::models
