#include "sim/bounds.h"

namespace twinlink::sim {

LowerBound lower_bound(const models::Plan&, const topology::Topology&, const models::CalibrationProfile&) {
  return {};
}

}  // namespace twinlink::sim
