#pragma once
// The proof of a plan, before anyone looks at its time. Pure functions of the plan.
//
// structure    ids in range, slices inside buffers, deps backwards, claims name buffers of their
// ranks,
//              copies keep sizes, decay powers >= 0, rendezvous have one op per member
// provenance   what every byte of every output is made of. Commuting operators: the set of members
//              folded in (joins must be disjoint); decay_sum: an interval of members (joins must be
//              adjacent, in order, with the decay power equal to the length of what follows). At
//              the end every claim holds: all_reduce: every member once; exscan: exactly [0, p-1];
//              all_to_all: block r of member s in place
// races        no two accesses to one byte, one of them a write, without an order between them; a
// read
//              of written data must be ordered by edges that make it visible (flag_relaxed does
//              not)
// deadlock     lanes, edges and rendezvous together have no cycle; every rendezvous is complete
//              (co-residency of CTAs is a matter of the machine: check_residency)
// Each finding names rank and op. Findings are capped at kMaxFindings (total counts all).
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models {

enum class Check : std::uint8_t { structure, provenance, race, deadlock };
std::string_view name_of(Check check);

struct Finding {
  Check check;
  Rank rank;            // where it shows
  OpId op;              // invalid: the end of the plan
  std::string message;  // a sentence that names rank and op ("rank 7: ... op 12 ...")
};

inline constexpr std::size_t kMaxFindings = 64;

struct Proof {
  std::vector<Finding> findings;
  std::int64_t total = 0;
  std::vector<Rank> wrong_ranks;  // ranks whose outputs do not meet their claim, ascending
  [[nodiscard]] bool correct() const { return total == 0; }
};

// All checks. Structure first: if it fails, the others are not run.
Proof prove(const Plan& plan);

Proof check_structure(const Plan& plan);
Proof check_provenance(const Plan& plan);
Proof check_races(const Plan& plan);
Proof check_deadlock(const Plan& plan);
// Kernels of one GPU that must run at the same time (joined by flags or rendezvous) fit into
// `cta_slots` CTAs (0: no limit).
Proof check_residency(const Plan& plan, int cta_slots);

}  // namespace twinlink::models
