#pragma once
// The proof of a plan, before anyone looks at its time. Pure functions of the plan.
//
// structure    ids in range, slices inside buffers, deps backwards, inputs and weights never
//              written, claims name whole buffers of their ranks, copies and folds keep sizes and
//              element types, decay powers >= 0, at most one op per member of a rendezvous
// deadlock     every rendezvous is complete; lanes, dependencies and rendezvous together have no
//              cycle and the stored order is an order of execution (an op comes after all members
//              of the rendezvous it follows). Co-residency of CTAs: check_residency
// provenance   what every byte of every output is made of: which members' inputs, from which
//              offset. Commuting operators: a set (joins must be disjoint); decay_sum: an interval
//              (joins must be adjacent, in order, decay power = length of what follows). At the end
//              every claim holds: all_reduce: every member once; exscan: exactly [0, p-1];
//              all_to_all: block r of member s in place. Bytes that nobody wrote are not read. What
//              a compute op writes is no claim's, but for inputs of claims that ops of the plan
//              write (role inout): what the last of them wrote is the claim's input, and nothing
//              before it is. Operations with a root: it is member 0
// races        no two accesses to one byte, one of them a write, without an order between them; a
//              read (or write) of written data must be ordered by edges that make it visible
//              (flag_relaxed does not, unless an event, graph or stream memory edge comes first:
//              the end of a kernel publishes what it wrote). Data given at the start may be read
//              without any order
// Library calls: structure by the definition of their operation; deadlock: every member takes part,
//              and the order of calls agrees; provenance: they give what their definition says
// Each finding names rank and op; those about tables (buffers, claims ...) name the entry. A wrong
// join is one finding; what is made of it counts at the end only, where an output holds it.
// Findings are capped at kMaxFindings (total counts all).
// Cost: O(ops + slices + cells visited), for races also searches over the ops between two accesses
// where their order is not plain (checks/order.h). A plan past the stated limits of cells, sets or
// search steps is reported as not provable.
// Not proved: Scope::block (that blocks read only what the same blocks wrote); that inline edges
// carry all the data that their readers read.
#include <cstdint>
#include <string>
#include <string_view>
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

// All checks. Structure first, then deadlock: if one fails, the others are not run. Each check
// alone also runs structure first. check_races expects a plan that passes check_deadlock.
Proof prove(const Plan& plan);

Proof check_structure(const Plan& plan);
Proof check_provenance(const Plan& plan);
Proof check_races(const Plan& plan);
Proof check_deadlock(const Plan& plan);
// Kernels of one GPU that must run at the same time (joined by flags, inline edges or rendezvous,
// also through kernels of other GPUs) fit into `cta_slots` CTAs (0: no limit). Reported as
// deadlock.
Proof check_residency(const Plan& plan, int cta_slots);

}  // namespace twinlink::models
