#include "models/collectives/exscan_blelloch.h"
#include "models/collectives/exscan_lasp_pr_tree.h"
#include "models/collectives/exscan_ring_coupled.h"
#include "models/collectives/exscan_ring_decoupled.h"
#include "models/collectives/rows.h"

namespace twinlink::models {

std::vector<Algorithm> rows_scans() {
  return {
      Algorithm{"ring_coupled", Operation::exscan,
                "LASP's ring: receive, local work, fold, send; local work is on the chain",
                "LASP, arXiv 2404.02882", "(P-1) (alpha + n beta + n gamma), plus P local works",
                build_exscan_ring_coupled, counts_exscan_ring_coupled,
                closed_form_exscan_ring_coupled, plan_size_exscan_ring_coupled, 0},
      Algorithm{"ring_decoupled", Operation::exscan,
                "local work everywhere first, then one fold-and-push per rank",
                "the fair baseline: LASP's ring with the local work off the chain",
                "(P-1) (alpha + n beta) + (P-2) n gamma, after the local work",
                build_exscan_ring_decoupled, counts_exscan_ring_decoupled,
                closed_form_exscan_ring_decoupled, plan_size_exscan_ring_decoupled, 0},
      Algorithm{
          "blelloch", Operation::exscan,
          "work-efficient tree, up and down, with the swap; any number of ranks",
          "Blelloch, CMU-CS-90-190 (1990)",
          "2 L (alpha + n beta) + A n gamma, A = 2 L (P a power of two) or 2 L - 1, after the "
          "local work",
          build_exscan_blelloch, counts_exscan_blelloch, closed_form_exscan_blelloch,
          plan_size_exscan_blelloch, 0},
      Algorithm{"lasp_pr_tree", Operation::exscan,
                "the tree of the LASP Blelloch pull request, as published: wrong from 8 ranks on",
                "BlellochScanner of the LASP Blelloch pull request, final version",
                "longest chain of its messages (P = 2^L: (L+2) (alpha + n beta) + (L+1) n gamma), "
                "after the local work",
                build_exscan_lasp_pr_tree, counts_exscan_lasp_pr_tree,
                closed_form_exscan_lasp_pr_tree, plan_size_exscan_lasp_pr_tree, 8},
  };
}

}  // namespace twinlink::models
