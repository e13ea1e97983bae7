#include "realgpu/linear_attention_segments.h"

#include <limits>

namespace twinlink::realgpu {

Segments cut_sequence(int blocks, int sequences, int slots) {
  Segments best{blocks, 1};
  double least = std::numeric_limits<double>::infinity();
  for (int length = 1; length <= blocks; ++length) {
    const int count = (blocks + length - 1) / length;
    const int waves = (count * sequences + slots - 1) / slots;
    const double time = waves * (length + kStateBlocks);
    if (time >= least) continue;
    least = time;
    best = {length, count};
  }
  return best;
}

}  // namespace twinlink::realgpu
