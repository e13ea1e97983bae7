#pragma once
// The requests that ranks find in their queues, seeded: what is packed into one forward.
//
// Lengths are uniform on [ratio isl, isl], rounded up to whole tokens. A forward has places for the
// requests that fit: in order of arrival until the next would exceed max_tokens, at most
// max_requests. Of its k places ceil(f k) are filled, f uniform on [arrived, 1]: a share of what
// could be taken has arrived by then, drawn per forward and rank. So tokens per rank vary: with 4
// places and arrived 0.44, as 2, 3 and 4 requests of shares 0.11, 0.45 and 0.45 do, by 20 %.
#include <cstdint>
#include <vector>

#include "models/workloads/layer_stages.h"

namespace twinlink::models {

struct RequestLaw {
  std::int64_t isl = 8192;
  double ratio = 1;
  std::int64_t max_tokens = 32768;
  std::int64_t max_requests = 1024;
  double arrived = 1;
  std::uint64_t seed = 1;
};

// [forward][rank]; a forward of a rank depends on the seed, the forward and the rank only.
std::vector<std::vector<Batch>> draw_batches(const RequestLaw& law, std::int64_t forwards,
                                             std::int64_t ranks);

}  // namespace twinlink::models
