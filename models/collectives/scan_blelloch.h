#pragma once
// Scan by Blelloch's tree with the swap, ragged for any P. Correct.
//
// A merge joins two neighbouring blocks, the left one full (2^level positions), the right one cut
// off at P; i and j are their last positions. An alone right block waits for a higher level.
//   up    j pulls i's total:            total[j] = total[i] x decay^|right| + total[j]
//   top   the last position holds the prefix of everything: the identity
//   down  i pulls j's prefix:           prefix[i] = prefix[j]
//         j pulls i's total once more:  prefix[j] = prefix[j] x decay^|left| + total[i]
// A merge sends 3 messages: 3 (P-1) in all. The two of the way down travel at the same time.
// The inclusive scan folds the own input into the prefix at the end, one more application.
// Local work is done first, on all ranks at once. Each version of a state has its own buffer.
//
//   time = 2 L (alpha + n beta) + A n gamma after the local work, L = ceil(log2 P)
//   A = 2 L if P is a power of two, else 2 L - 1: the right spine is then shorter; P = 1: 0
//   scan: A + 1; not known for P that are no powers of two, where it is A or A + 1
// Source: Blelloch, Prefix Sums and Their Applications, CMU-CS-90-190 (1990).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_blelloch(const CollectiveRequest& request);
AlgorithmCounts counts_scan_blelloch(const CollectiveRequest& request);
double closed_form_scan_blelloch(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_blelloch(const CollectiveRequest& request);

}  // namespace twinlink::models
