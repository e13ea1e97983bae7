#pragma once
// Indices that cannot be mixed up: a Rank is not a NodeId although both are small integers.
// A default-constructed id is "none" (-1). Ids index vectors through index().
#include <compare>
#include <cstddef>
#include <cstdint>

namespace twinlink {

template <class Tag>
struct Id {
  std::int32_t value = -1;
  constexpr Id() = default;
  constexpr explicit Id(std::int32_t v) : value(v) {}
  constexpr explicit Id(std::size_t v) : value(static_cast<std::int32_t>(v)) {}
  [[nodiscard]] constexpr bool valid() const { return value >= 0; }
  [[nodiscard]] constexpr std::size_t index() const { return static_cast<std::size_t>(value); }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

using NodeId = Id<struct NodeTag>;      // a node of the topology
using LinkId = Id<struct LinkTag>;      // a directed link of the topology
using Rank = Id<struct RankTag>;        // a participant of a plan
using GroupId = Id<struct GroupTag>;    // a communicator of a plan
using BufferId = Id<struct BufferTag>;  // a buffer of a plan
using KernelId = Id<struct KernelTag>;  // one launch on one rank
using LaneId = Id<struct LaneTag>;      // an in-order queue of one rank
using OpId = Id<struct OpTag>;          // an operation of a plan

}  // namespace twinlink
