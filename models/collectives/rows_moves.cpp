#include "models/collectives/all_to_all_direct.h"
#include "models/collectives/rows.h"

namespace twinlink::models {

std::vector<Algorithm> rows_moves() {
  return {
      Algorithm{"direct", Operation::all_to_all,
                "every rank pushes all its blocks at once, one lane per peer",
                "pairwise exchange with all pairs in flight",
                "alpha + max(n - floor(n/P), (P-1) ceil(n/P)) beta", build_all_to_all_direct,
                counts_all_to_all_direct, closed_form_all_to_all_direct,
                plan_size_all_to_all_direct, 0},
  };
}

}  // namespace twinlink::models
