#pragma once
// Finds the cuts that ops carry from their sources into destinations that lack them.
//
// One pass in the order of ops is enough: what a source holds when an op reads it was cut by
// earlier ops. Cost: one step per cut of each source, a logarithm per carried one.
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "models/checks/cells.h"
#include "models/checks/op_parts.h"

namespace twinlink::models::checks {

class CutCarrier {
 public:
  CutCarrier(const Plan& plan, const Cells& cells)
      : plan_(plan), cells_(cells), touched_(plan.buffers.size(), false) {}

  // The op at which a limit of Cells was passed, if one was.
  std::optional<OpId> run();
  [[nodiscard]] const std::set<Cut>& cuts() const { return cuts_; }

 private:
  void visit(const OpParts& parts);
  void carry(std::size_t source, std::size_t destination);
  void carry_cut(std::int64_t offset, std::size_t source, std::size_t destination);
  [[nodiscard]] bool over_limits() const {
    return visits_ > kMaxCellVisits || cuts_.size() > kMaxCarriedCuts;
  }

  const Plan& plan_;
  const Cells& cells_;
  std::set<Cut> cuts_;
  std::vector<bool> touched_;  // buffers with carried cuts
  std::int64_t visits_ = 0;
};

}  // namespace twinlink::models::checks
