#pragma once
// What Sharing (sharing.h) keeps of each resource. Levels are bytes per second and unit of weight,
// usage and capacities are in its integer units.
#include <cstdint>
#include <vector>

#include "sim/flow_table.h"

namespace twinlink::sim {

struct alignas(64) Share {  // one resource
  std::int64_t capacity = 0;
  std::int64_t solved = 0;  // usage at the last commit
  double level = 0;         // where it stands in the order
  double pushed = 0;        // what the usage of others is based on
  std::int64_t pushed_units = 0;
  double per_level = 0;    // what owned flows take per unit of level
  std::int32_t units = 0;  // owned unit flows
  std::int32_t heavy = 0;  // owned classes that are not units
  std::int32_t place = kNobody;
  bool stale = false, touched = false, sinking = false, has_listed = false;
};
struct Users {                       // the rest of it, needed less often
  std::int32_t pairs = 0;            // active pair classes, owned or not
  std::int32_t soft = 0;             // active soft classes, owned or not
  double busy = 0;                   // demand / capacity
  double full_at = kUnlimited;       // the level at which it is full
  std::vector<std::int32_t> listed;  // active classes but pairs
};

}  // namespace twinlink::sim
