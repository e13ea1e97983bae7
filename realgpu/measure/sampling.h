#pragma once
// Samples of one piece of work, as many and as long as its duration asks for.
//
// Pieces of up to 20 ms: the slope between a short and a long chain in one graph (repeated.h), so
// that what a launch costs once drops out. Longer ones: one piece between two events.
#include <functional>
#include <string>
#include <vector>

#include "realgpu/stream.h"

namespace twinlink::realgpu {

struct Sampled {
  std::vector<double> seconds;
  std::string method;
};

// `issue(n)` puts n pieces on the origin stream, and joins back what it forked.
Sampled sample_pieces(const Stream& origin, bool quick, const std::function<void(int)>& issue);

}  // namespace twinlink::realgpu
