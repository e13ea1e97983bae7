#pragma once
// All-reduce, hierarchical: reduce-scatter inside every NVLink domain, all-reduce of each share
// across the domains by NICs, all-gather inside every domain.
//
// request.domain_of_rank says who shares a domain (empty: all); D domains with M members each, in
// the group's order. Member i of each domain owns share i of M. With D > 1 each share is dealt once
// more, to the domains. One kernel, one lane and one NIC queue per rank:
//   relaxed meeting in the domain; reduce of the own share from the M inputs;
//   NIC: piece e of it into the scratch of member i of domain e, for all e at once;
//   sum of the D pieces that arrived, behind their flags, in the order of the domains;
//   NIC: that sum into the outputs of the members i of all other domains;
//   fenced meeting in the domain, behind the flags of the sums; pull of the other shares.
// With one domain this is two_shot. Empty shares and pieces are skipped. Refused: domains with
// unequal numbers of the group's members, because equal positions then do not own equal shares.
//
//   time = (a + 2 x) alpha + ((M-1) s + n - t + s - u + (D-1) w) beta
//          + ((M-1) s + (D-1) w) gamma, two meetings apart;
//   a = 2 if M > 1 else 0; x = 1 if D > 1, else x, u, w terms are 0; s, t: largest and smallest
//   share of M; w, u: largest and smallest piece of s; alpha and beta alike on NVLink and NICs
// Source: NCCL's and MPI libraries' hierarchical all-reduce over rails.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_hierarchical(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_hierarchical(const CollectiveRequest& request);
double closed_form_all_reduce_hierarchical(const CollectiveRequest& request,
                                           const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_hierarchical(const CollectiveRequest& request);
std::string refuses_all_reduce_hierarchical(const CollectiveRequest& request);

}  // namespace twinlink::models
