#pragma once
// Who waits for whom: the plan's lanes and dependencies turned round, for executors that go
// forward.
//
// An op is free when every op it depends on has ended and its lane has reached it. 12 bytes an op
// and 4 a dependency. Members of a rendezvous are not joined here: executors do that on arrival.
#include <cstdint>
#include <span>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::sim {

// A dependency seen from the op depended on.
struct Dependent {
  // The edge launches the dependent's kernel; flags and data are waited for inside it.
  [[nodiscard]] bool launches() const {
    const models::Edge e = kind();
    return e == models::Edge::event || e == models::Edge::graph || e == models::Edge::stream_memory;
  }

  std::uint32_t op : 26;
  std::uint32_t edge : 4;     // models::Edge
  std::uint32_t crosses : 1;  // as in CostModel::edge_latency
  [[nodiscard]] OpId id() const { return OpId{static_cast<std::int32_t>(op)}; }
  [[nodiscard]] models::Edge kind() const { return static_cast<models::Edge>(edge); }
};
static_assert(sizeof(Dependent) == 4);

class OpGraph {
 public:
  explicit OpGraph(const models::Plan& plan);

  [[nodiscard]] std::span<const Dependent> dependents(OpId id) const;
  // The op after it on its lane; invalid at the end of the lane.
  [[nodiscard]] OpId next_on_lane(OpId id) const { return OpId{next_[id.index()]}; }
  [[nodiscard]] bool is_free(OpId id) const { return waiting_[id.index()] == 0; }
  // One of the ops it waits for has ended. True if it is free now.
  bool release(OpId id) { return --waiting_[id.index()] == 0; }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  std::vector<std::uint32_t> first_;  // per op: its first dependent; one more at the end
  std::vector<Dependent> dependents_;
  std::vector<std::int32_t> next_;
  std::vector<std::uint32_t> waiting_;
};

}  // namespace twinlink::sim
