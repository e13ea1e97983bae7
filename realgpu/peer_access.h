#pragma once
// Lets the kernels of each device read and write the memory of the others.
#include <vector>

namespace twinlink::realgpu {

// Throws UnsupportedError if a pair of `devices` has no peer access, or TWINLINK_P2P_DISABLE is set
// (not to 0): then no pair has, as on a machine without. Stays enabled for the process.
void enable_peer_access(const std::vector<int>& devices);

}  // namespace twinlink::realgpu
