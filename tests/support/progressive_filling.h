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
  bool engine = false;
};

// Gives engine flows their weight: at the resource that is asked for most (flows at their cap, or
// weight) among those that others use, all engines there together weigh share x all others there.
void weigh_engines(const std::vector<double>& capacities, double share,
                   std::vector<OracleFlow>& flows);

// Bytes per second of each flow.
std::vector<double> progressive_filling(const std::vector<double>& capacities,
                                        const std::vector<OracleFlow>& flows);

}  // namespace twinlink::testing
