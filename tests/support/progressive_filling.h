#pragma once
// An independent oracle for weighted max-min sharing: progressive filling as in a textbook, O(n^2),
// in doubles, from scratch each time. One level rises; a flow freezes when it meets its cap or when
// a resource on its way is full; the others go on. Then the soft factor. Shares no code with sim/.
#include <vector>

namespace twinlink::testing {

struct OracleFlow {
  std::vector<std::pair<int, double>> uses;  // resource, bytes per payload byte
  double cap = 0;
  double weight = 1;
  bool soft = false;
};

// Bytes per second of each flow.
std::vector<double> progressive_filling(const std::vector<double>& capacities,
                                        const std::vector<OracleFlow>& flows);

}  // namespace twinlink::testing
