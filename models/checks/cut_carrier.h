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
  CutCarrier(const Plan& plan, const Cells& cells, std::int64_t max_steps)
      : plan_(plan), cells_(cells), max_steps_(max_steps), touched_(plan.buffers.size(), false) {}

  // The op at which max_steps was passed, if it was.
  std::optional<OpId> run();
  [[nodiscard]] const std::set<Cut>& cuts() const { return cuts_; }

 private:
  void visit(const OpParts& parts);
  void carry(std::size_t source, std::size_t destination);
  void carry_cut(std::int64_t offset, std::size_t source, std::size_t destination);
  [[nodiscard]] bool over_limit() const { return steps_ > max_steps_; }

  const Plan& plan_;
  const Cells& cells_;
  std::int64_t max_steps_;
  std::set<Cut> cuts_;
  std::vector<bool> touched_;  // buffers with carried cuts
  std::int64_t steps_ = 0;
};

}  // namespace twinlink::models::checks
