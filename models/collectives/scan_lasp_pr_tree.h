#pragma once
// Exclusive scan by the tree of the LASP Blelloch pull request, as published: WRONG for P >= 8.
//
// Kept to be caught: the proof must reject it at P >= 8, and its time is that of the tables that
// were published with it. Per level l = 0 .. L-1, L = ceil(log2 P), C members' decay as a power:
//   up     r % 2^(l+1) == 2^l - 1 sends to r + 2^l:  value = received x decay^(2^l) + own
//   down   (l = L-1 .. 0) r % 2^(l+1) == 2^l - 1 sends its value to r + 1:
//          value = received x decay + the value that the receiver had before up-sweep level l
//   shift  output[r] = value of r - 1;  output[0] = 0
// Partners at or beyond P are skipped. On the way down the edge of a left subtree passes its
// partial value on before it has received what lies further left: a right scan would send from r %
// 2^(l+1) == 2^(l+1) - 1 to r + 2^l. Wrong outputs at P = 8, 12, 16, 32, 64, 72, 128: 1, 3, 7, 21,
// 51, 57, 113.
//
//   time = the longest chain of the plan, about (L + 2) (alpha + n beta) + (L + 1) n gamma, after
//          the local work; a program whose sends wait for their receivers takes a message more
// Source: the final version of BlellochScanner in that pull request (structure only).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_lasp_pr_tree(const CollectiveRequest& request);
AlgorithmCounts counts_scan_lasp_pr_tree(const CollectiveRequest& request);
double closed_form_scan_lasp_pr_tree(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_lasp_pr_tree(const CollectiveRequest& request);

}  // namespace twinlink::models
