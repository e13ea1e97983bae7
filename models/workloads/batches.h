#pragma once
// The requests that ranks find in their queues, seeded: what is packed into one forward.
//
// Lengths are uniform on [ratio isl, isl], rounded up to whole tokens. A forward takes requests in
// order of arrival until the next would exceed max_tokens or `max_requests` are taken; each of its
// places is empty with probability 1 - occupancy (a request that has not arrived yet), but one is
// always there. With k places, mean length 1 and coefficient of variation v of a length, tokens per
// rank then vary by sqrt(((1 - occupancy) / occupancy + v^2 / occupancy) / k); v of the uniform law
// is (1 - ratio) / (1 + ratio) / sqrt(3).
#include <cstdint>
#include <vector>

#include "models/workloads/layer_stages.h"

namespace twinlink::models {

struct RequestLaw {
  std::int64_t isl = 8192;
  double ratio = 1;
  std::int64_t max_tokens = 32768;
  std::int64_t max_requests = 1024;
  double occupancy = 1;
  std::uint64_t seed = 1;
};

// [forward][rank]; a forward of a rank depends on the seed, the forward and the rank only.
std::vector<std::vector<Batch>> draw_batches(const RequestLaw& law, std::int64_t forwards,
                                             std::int64_t ranks);

}  // namespace twinlink::models
