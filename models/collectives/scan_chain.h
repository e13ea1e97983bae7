#pragma once
// The chain of states that the decoupled ring and the pipelined chain share: local work first, on
// all ranks at once; then only states travel.
//
//   exscan  position p folds and pushes in one op, straight into the next position's output:
//           output[p+1] = output[p] x decay + input[p],  output[1] = input[0],  output[0] = 0
//   scan    position p pulls and folds in one op:
//           output[p] = output[p-1] x decay + input[p],  output[0] = input[0]
// k slices, s the largest (aligned_share() puts it first): a slice is on hop j while the next is on
// hop j-1, so the last leaves the chain k - 1 steps after the first.
//
//   exscan  (P-2+k) alpha + (n + (P-2) s) beta + (n + (P-3) s) gamma    P > 2; no gamma for P = 2
//   scan    (P-2+k) alpha + (n + (P-2) s) (beta + gamma)                P > 1
#include <cstddef>

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {

struct ScanChain {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    typename Scan::State prefix = scan.input(0);
    for (std::size_t p = 0; p + 1 < scan.size(); ++p) {
      if (scan.inclusive())
        prefix = scan.fold(p + 1, prefix, scan.input(p + 1), 1, scan.output(p + 1));
      else if (p == 0)
        prefix = scan.copy(p, prefix, scan.output(p + 1));
      else
        prefix = scan.fold(p, prefix, scan.input(p), 1, scan.output(p + 1));
    }
    finish_first(scan);  // last: nobody waits for it
  }
};

}  // namespace twinlink::models
