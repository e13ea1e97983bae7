#include <algorithm>

#include "models/collectives/rows.h"
#include "models/collectives/scan_blelloch.h"
#include "models/collectives/scan_brent_kung.h"
#include "models/collectives/scan_chain_pipelined.h"
#include "models/collectives/scan_decay_horizon.h"
#include "models/collectives/scan_doubling_123.h"
#include "models/collectives/scan_gather_direct.h"
#include "models/collectives/scan_hierarchical_transpose.h"
#include "models/collectives/scan_kogge_stone.h"
#include "models/collectives/scan_lasp_pr_tree.h"
#include "models/collectives/scan_look_back.h"
#include "models/collectives/scan_ring_coupled.h"
#include "models/collectives/scan_ring_decoupled.h"
#include "models/collectives/scan_sklansky.h"
#include "models/collectives/scan_transpose.h"
#include "models/collectives/scan_two_op_doubling.h"

namespace twinlink::models {
namespace {

// A schedule serves the exclusive and the inclusive scan: two rows.
void add_both(std::vector<Algorithm>& rows, Algorithm row) {
  rows.push_back(row);
  row.operation = Operation::scan;
  rows.push_back(row);
}

}  // namespace

std::vector<Algorithm> rows_scans() {
  std::vector<Algorithm> rows;
  add_both(rows, {"ring_coupled", Operation::exscan,
                  "LASP's ring: receive, local work, fold, send; local work is on the chain",
                  "LASP, arXiv 2404.02882",
                  "(P-1) (alpha + n beta + n gamma), plus P local works; scan: P n gamma",
                  build_scan_ring_coupled, counts_scan_ring_coupled, closed_form_scan_ring_coupled,
                  plan_size_scan_ring_coupled});
  add_both(rows,
           {"ring_decoupled", Operation::exscan,
            "local work everywhere first, then one fold-and-push per rank",
            "the fair baseline: LASP's ring with the local work off the chain",
            "(P-1) (alpha + n beta) + (P-2) n gamma, after the local work; scan: (P-1) n gamma",
            build_scan_ring_decoupled, counts_scan_ring_decoupled, closed_form_scan_ring_decoupled,
            plan_size_scan_ring_decoupled});
  add_both(rows, {"chain_pipelined", Operation::exscan,
                  "the decoupled ring with the state cut into k slices that follow each other",
                  "ZeCO's All-Scan, arXiv 2507.01004",
                  "(P-2+k) alpha + (n + (P-2) s) beta + (n + (P-3) s) gamma, s = ceil(n/k); scan: "
                  "(n + (P-2) s) gamma",
                  build_scan_chain_pipelined, counts_scan_chain_pipelined,
                  closed_form_scan_chain_pipelined, plan_size_scan_chain_pipelined});
  add_both(rows, {"blelloch", Operation::exscan,
                  "work-efficient tree, up and down, with the swap; any number of ranks",
                  "Blelloch, CMU-CS-90-190 (1990)",
                  "2 L (alpha + n beta) + A n gamma, A = 2 L (P a power of two) or 2 L - 1, after "
                  "the local work",
                  build_scan_blelloch, counts_scan_blelloch, closed_form_scan_blelloch,
                  plan_size_scan_blelloch});
  add_both(rows, {"brent_kung", Operation::exscan,
                  "work-efficient inclusive tree; exscan shifts its result by one rank",
                  "Brent and Kung, IEEE TC 31 (1982)",
                  "R (alpha + n beta) + (R-1) n gamma, R = max over m <= P of floor(log2 m) + "
                  "popcount(m); scan: R-1 rounds",
                  build_scan_brent_kung, counts_scan_brent_kung, closed_form_scan_brent_kung,
                  plan_size_scan_brent_kung});
  add_both(rows, {"kogge_stone", Operation::exscan,
                  "shift by one rank (exscan), then doubling with one fold per round",
                  "Hillis and Steele, CACM 29 (1986)",
                  "(1 + D) (alpha + n beta) + D n gamma, D = ceil(log2 (P-1)); scan: D (alpha + n "
                  "beta + n gamma), D = L",
                  build_scan_kogge_stone, counts_scan_kogge_stone, closed_form_scan_kogge_stone,
                  plan_size_scan_kogge_stone});
  add_both(rows, {"two_op_doubling", Operation::exscan,
                  "recursive doubling with two folds per round, the fewest rounds",
                  "Open MPI coll_base_exscan.c; Traeff, arXiv 2507.04785",
                  "L (alpha + n beta) + A n gamma, A = 2 (L-1) where P = 2^L; scan: one more",
                  build_scan_two_op_doubling, counts_scan_two_op_doubling,
                  closed_form_scan_two_op_doubling, plan_size_scan_two_op_doubling});
  add_both(rows,
           {"doubling_123", Operation::exscan,
            "doubling by 1, 2, 3, 6, 12, ...: one fold per round but for one",
            "Traeff, arXiv 2507.04785",
            "q (alpha + n beta + n gamma), q = ceil(log2 (P-1) + log2 (4/3)); scan: (q+1) n gamma",
            build_scan_doubling_123, counts_scan_doubling_123, closed_form_scan_doubling_123,
            plan_size_scan_doubling_123});
  add_both(rows, {"sklansky", Operation::exscan,
                  "fewest levels, and as many readers of one rank as half of the ranks",
                  "Sklansky, IRE Trans. EC 9 (1960)",
                  "(L+1) alpha + P n beta + L n gamma; scan: L alpha + (P-1) n beta + L n gamma",
                  build_scan_sklansky, counts_scan_sklansky, closed_form_scan_sklansky,
                  plan_size_scan_sklansky});
  add_both(rows, {"gather_direct", Operation::exscan,
                  "every rank pulls and folds all earlier inputs in one op",
                  "LASP-2, arXiv 2502.07563, with the weighted sum fused into the reads",
                  "alpha + (P-1) n beta + (P-2) n gamma; scan: (P-1) n gamma",
                  build_scan_gather_direct, counts_scan_gather_direct,
                  closed_form_scan_gather_direct, plan_size_scan_gather_direct});
  add_both(rows,
           {"transpose", Operation::exscan,
            "rank g scans slice g of all states: pulls it from everybody, pushes every prefix",
            "the scan analogue of reduce-scatter and all-gather; no published use known",
            "alpha + ((P-2) s + n) beta + (P-2) s gamma, s = ceil(n/P); scan: (P-1) s gamma",
            build_scan_transpose, counts_scan_transpose, closed_form_scan_transpose,
            plan_size_scan_transpose});
  add_both(rows, {"hierarchical_transpose", Operation::exscan,
                  "transpose inside each NVLink domain; totals of domains travel by NIC",
                  "transpose, with a direct gather of totals between domains",
                  "R domains of G: 3 alpha + ((2 G + R - 4) s + n) beta + (2 G + R - 4) s gamma, "
                  "s = ceil(n/G); R = 1: transpose",
                  build_scan_hierarchical_transpose, counts_scan_hierarchical_transpose,
                  closed_form_scan_hierarchical_transpose, plan_size_scan_hierarchical_transpose});
  add_both(rows,
           {"decay_horizon", Operation::exscan,
            "every head folds only the predecessors whose decay still matters; exact within that",
            "analytic horizon of known decays; precedent: FlashKDA's warm-up check",
            "alpha + sum over heads of min(H, P-1) n_h beta, H: decay^H <= unit roundoff; "
            "folds as in gather_direct",
            build_scan_decay_horizon, counts_scan_decay_horizon, closed_form_scan_decay_horizon,
            plan_size_scan_decay_horizon});
  add_both(rows,
           {"look_back", Operation::exscan,
            "every rank folds the prefix w = ceil(sqrt P) ranks before it and the inputs between",
            "Merrill and Garland, NVR-2016-002, with a fixed distance",
            "S (alpha + w n beta) + (P-2) n gamma, S = ceil((P-1)/w); scan: (P-1) n gamma",
            build_scan_look_back, counts_scan_look_back, closed_form_scan_look_back,
            plan_size_scan_look_back});
  rows.push_back(
      {"lasp_pr_tree", Operation::exscan,
       "the tree of the LASP Blelloch pull request, as published: wrong from 8 ranks on",
       "BlellochScanner of the LASP Blelloch pull request, final version",
       "longest chain of its messages (P = 2^L: (L+2) (alpha + n beta) + (L+1) n gamma), "
       "after the local work",
       build_scan_lasp_pr_tree, counts_scan_lasp_pr_tree, closed_form_scan_lasp_pr_tree,
       plan_size_scan_lasp_pr_tree, 8});
  std::stable_sort(rows.begin(), rows.end(), [](const Algorithm& a, const Algorithm& b) {
    return a.operation == Operation::exscan && b.operation == Operation::scan;
  });
  return rows;
}

}  // namespace twinlink::models
