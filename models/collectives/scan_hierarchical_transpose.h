#pragma once
// Scan by transposing inside NVLink domains, with one exchange of totals between them.
//
// The group falls into domains: runs of neighbouring positions of one request.domain_of_rank (a
// domain that the group leaves and enters again counts as several). Domain d of G_d members deals
// the state among them; member g owns share(g, G_d, n).
//   total  member g folds its slice of the domain's inputs (not in the last domain, and a member
//          alone has its total already)
//   nic    it writes that to every later domain, to whoever owns those bytes there: where domains
//          differ in size a slice goes in pieces to several members. One op on the member's NIC
//   stage  the transpose of scan_transpose_stage.h, after the totals of all earlier domains; the
//          owner's carry of domain d is d's total, so the scan_reduce takes them as first sources
// With one domain it is the plan of transpose. Any sizes and any order of domains work; nothing has
// to be refused.
//
//   time = the longest chain over domains, each with its largest share s_d = ceil(n/G_d):
//     total_d = alpha + (G_d - 1) s_d (beta + gamma), nic_d = alpha + (later domains) s_d beta,
//     stage_d = alpha + ((G_d - 2) s_d + n) beta + (d + G_d - 2) s_d gamma (scan: one more s_d)
//   R domains of G > 1: 3 alpha + ((G-1) s + (R-1) s + (G-2) s + n) beta + (2 G + R - 4) s gamma
//   alpha and beta of NICs are those of the fabric here; rendezvous are on top. Exact for domains
//   of one size where NICs have links of their own. On one shared switch the first domain's stage
//   runs beside its own NIC writes, which delays them by up to 2 (G-1) s beta.
// Source: our construction from transpose; the exchange is a scan over domains by direct gather.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_hierarchical_transpose(const CollectiveRequest& request);
AlgorithmCounts counts_scan_hierarchical_transpose(const CollectiveRequest& request);
double closed_form_scan_hierarchical_transpose(const CollectiveRequest& request,
                                               const AlphaBetaGamma& costs);
OpCounts plan_size_scan_hierarchical_transpose(const CollectiveRequest& request);

}  // namespace twinlink::models
