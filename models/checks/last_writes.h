#pragma once
// Inputs of claims that the plan itself writes: which op writes each of their cells last.
//
// Only what a buffer holds after its last write is the input of the claim (models/plan/claim.h), so
// an earlier value of it, read too soon, is foreign to the claim. Buffers that a claim works on in
// place are inputs as given at the start. Costs one walk over the ops, and only where such inputs
// exist.
#include <cstdint>
#include <span>
#include <vector>

#include "models/checks/cells.h"

namespace twinlink::models::checks {

class LastWrites {
 public:
  LastWrites() = default;  // of no claims
  // Of the inputs of these claims.
  LastWrites(const Plan& plan, const Cells& cells, std::span<const std::int32_t> claims);

  [[nodiscard]] bool none() const { return last_.empty(); }
  // Whether the cell holds a claim's input from the start.
  [[nodiscard]] bool given(std::uint32_t cell) const { return none() || last_[cell] < 0; }
  // Whether op `op` gives the cell its value as an input.
  [[nodiscard]] bool by(std::size_t op, std::uint32_t cell) const {
    return !none() && last_[cell] == static_cast<std::int32_t>(op);
  }

 private:
  std::vector<std::int32_t> last_;  // by cell; -1: not written, or no such input
};

}  // namespace twinlink::models::checks
