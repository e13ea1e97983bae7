#include "models/checks/proof.h"

#include "models/checks/cells.h"
#include "models/checks/deadlock.h"
#include "models/checks/findings.h"
#include "models/checks/meetings.h"
#include "models/checks/provenance.h"
#include "models/checks/races.h"
#include "models/checks/structure.h"
#include "models/library/definition_plan.h"

namespace twinlink::models {
namespace {

using checks::Cells;
constexpr auto kAll = checks::Meetings::Of::barriers_and_calls;

Proof too_fragmented(const Plan& plan, OpId op, Check check) {
  Proof proof;
  const Rank rank = op.valid() ? plan.rank_of(op) : Rank{};
  checks::add(proof, {check, rank, op}, [&] {
    return checks::text(rank) + ": up to " + checks::text(op) +
           " the slices overlap in more pieces than can be proved";
  });
  return proof;
}

// `run` on the cells of a plan whose structure is right.
template <class CellCheck>
Proof on_cells(const Plan& plan, Check check, CellCheck&& run) {
  const Cells cells(plan);
  return cells.fragmented() ? too_fragmented(plan, *cells.fragmented(), check) : run(cells);
}

// Provenance; library calls are what their definitions make of them.
Proof sources(const Plan& plan) {
  if (plan.library_calls.empty())
    return on_cells(plan, Check::provenance,
                    [&](const Cells& cells) { return checks::provenance(plan, cells); });
  const DefinedPlan defined = define_library_calls(plan);
  return on_cells(defined.plan, Check::provenance, [&](const Cells& cells) {
    return checks::provenance(defined.plan, cells, {&plan, &defined.origin});
  });
}

}  // namespace

std::string_view name_of(Check check) {
  switch (check) {
    case Check::structure: return "structure";
    case Check::provenance: return "provenance";
    case Check::race: return "race";
    case Check::deadlock: return "deadlock";
  }
  return "?";
}

Proof check_structure(const Plan& plan) {
  Proof proof = checks::table_structure(plan);
  if (proof.correct()) proof = checks::op_structure(plan);
  return proof.correct() ? checks::library_structure(plan) : proof;
}

Proof check_deadlock(const Plan& plan) {
  Proof proof = check_structure(plan);
  return proof.correct() ? checks::deadlocks(plan, checks::Meetings(plan, kAll)) : proof;
}

Proof check_provenance(const Plan& plan) {
  Proof proof = check_structure(plan);
  if (!proof.correct()) return proof;
  return sources(plan);
}

Proof check_races(const Plan& plan) {
  Proof proof = check_structure(plan);
  if (!proof.correct()) return proof;
  return on_cells(plan, Check::race,
                  [&](const Cells& cells) { return checks::races(plan, cells); });
}

Proof prove(const Plan& plan) {
  Proof proof = check_deadlock(plan);
  if (!proof.correct()) return proof;
  if (!plan.library_calls.empty()) {
    Proof all = sources(plan);
    checks::merge(all, check_races(plan));
    return all;
  }
  return on_cells(plan, Check::provenance, [&](const Cells& cells) {
    Proof all = checks::provenance(plan, cells);
    checks::merge(all, checks::races(plan, cells));
    return all;
  });
}

}  // namespace twinlink::models
