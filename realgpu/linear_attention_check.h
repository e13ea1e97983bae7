#pragma once
// Whether a step's outputs are those of the float64 reference (models/workloads/
// linear_attention_reference.h), rank by rank and head by head.
//
// Whole: every token of every rank and head; needs as much host time as tokens. Edges: some tokens
// on each side of every boundary between ranks, where the scanned state is what counts.
// Tolerance: relative L2 of a tensor over a rank's tokens of a head. Inputs are exact in bf16;
// rounded to 8 bits (relative error up to 2^-9, rms 2^-9 / sqrt(3) = 1.1e-3) are the scores, the
// state, the weighted values and the result: sqrt(4) x 1.1e-3 = 2.3e-3 if all terms matter; twice
// that is allowed. A missing neighbour's state is seen if it weighs more, in the slow heads.
#include <string>
#include <vector>

#include "models/workloads/linear_attention_reference.h"
#include "realgpu/linear_attention_ranks.h"

namespace twinlink::realgpu {

inline constexpr double kAttentionTolerance = 5e-3;

struct AttentionVerdict {
  bool correct = true;
  double worst = 0;    // relative L2
  std::string reason;  // the first rank, head and tensor that is wrong
};

class AttentionReference {
 public:
  struct Window {
    std::int64_t first = 0, count = 0;
  };
  // tokens: of a whole sequence. Computes all windows of all heads (one thread per head).
  AttentionReference(const AttentionShape& shape, std::int64_t tokens,
                     const std::vector<Window>& windows, const std::vector<int>& sequences);
  static AttentionReference whole(const AttentionShape& shape, std::int64_t tokens);
  // `beside` tokens on each side of every boundary between `sp` ranks.
  static AttentionReference edges(const AttentionShape& shape, int sp, int beside,
                                  const std::vector<int>& sequences);

  // Devices must be idle. backward: the gradients too.
  [[nodiscard]] AttentionVerdict compare(const AttentionRanks& ranks, bool backward) const;

 private:
  struct Rows {
    Window window;
    int sequence = 0;
    models::ReferenceRows rows;
  };
  void compare(const AttentionRanks& ranks, const Rows& rows, bool backward,
               AttentionVerdict& verdict) const;
  std::vector<Rows> all_;
};

// ||a - b|| / ||b||; infinity where a is not a number.
double relative_difference(const std::vector<float>& a, const double* b);

}  // namespace twinlink::realgpu
