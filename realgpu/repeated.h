#pragma once
// Time of one piece of work out of a chain of them, free of what a launch costs once:
//
//   t = (T(many) - median T(few)) / (many - few)
//
// T(n): one graph, or one eager issue, of n pieces on the origin stream and what it forks.
#include <functional>
#include <vector>

#include "realgpu/timing.h"

namespace twinlink::realgpu {

struct Chain {
  int few = 1;
  int many = 11;
  bool graph = true;
  SampleCount count{2, 10};
};

// `issue(n)` puts n pieces on the origin (and joins back what it forked). Seconds per piece, one
// for each replay of the long chain.
std::vector<double> seconds_per_piece(const Stream& origin, const Chain& chain,
                                      const std::function<void(int)>& issue);

}  // namespace twinlink::realgpu
