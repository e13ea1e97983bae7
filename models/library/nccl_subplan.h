#pragma once
// Builds the ops of one library call into a plan: kernels, channel lanes, slices and dependencies,
// for the algorithms of nccl_*.cpp.
//
// Member m's data: `in`, `out` (slices), and staging of the size of the call. Every channel is one
// lane of one CTA; very large calls fold channels into fewer, wider lanes (kMostOps).
#include <array>
#include <span>
#include <vector>

#include "models/library/nccl_tuning.h"
#include "models/plan/plan.h"

namespace twinlink::models {

struct CallMember {
  Rank rank;
  Slice in, out;
  LaunchMode launch;
  std::vector<Dep> after;  // what the member's part waits for
  OpId first, last;        // set by NcclSubplan
};

struct NcclCall {
  Operation operation;
  NcclChoice choice;
  std::vector<CallMember> members;
  std::vector<std::int32_t> domain;  // of each member
  std::int32_t ll128_pieces = 1;     // as LibraryMachine
};

class NcclSubplan {
 public:
  static constexpr std::int64_t kMostOps = 400'000;

  // Of a member's kernel: groups of warps in a channel's CTAs that work at once (roles), each with
  // a lane per channel, the first role's lanes first; `ctas` channels folded into one.
  // `threads` of a role that move data; 0: as the choice says.
  struct Shape {
    int channels = 1, ctas = 1, roles = 1;
    std::array<int, 3> threads{};
  };
  // Starts every member's kernel; Simple's channels come one after another.
  NcclSubplan(Plan& plan, NcclCall& call, const Shape& shape);
  // Ends every member's kernel when its lanes have ended.
  void finish();

  [[nodiscard]] std::size_t size() const { return call_.members.size(); }
  [[nodiscard]] const NcclCall& call() const { return call_; }
  [[nodiscard]] int lanes() const { return shape_.channels * shape_.roles; }
  [[nodiscard]] const CallMember& member(std::size_t m) const { return call_.members[m]; }
  [[nodiscard]] std::size_t right(std::size_t m) const { return m + 1 == size() ? 0 : m + 1; }
  [[nodiscard]] std::size_t left(std::size_t m) const { return m == 0 ? size() - 1 : m - 1; }
  [[nodiscard]] Edge edge() const;
  // Adds scratch on the member's rank.
  BufferId add_staging(std::size_t m, Bytes size, const char* name);

  // Bytes of piece `index` of `count` of a slice, in whole elements.
  [[nodiscard]] Slice part(const Slice& whole, std::int64_t index, std::int64_t count) const;

  // A fold (or, with one source, a copy) on lane `lane` of member m.
  struct Place {
    std::size_t member;
    int lane;
  };
  OpId move(const Place& place, std::span<const Slice> sources, std::span<const Slice> destinations,
            std::span<const OpId> after);
  // Source i -> destination i.
  OpId copies(const Place& place, std::span<const Slice> sources,
              std::span<const Slice> destinations, std::span<const OpId> after);
  OpId multimem(const Place& place, std::span<const Slice> sources,
                std::span<const Slice> destinations, std::span<const OpId> after);

 private:
  struct LaneShape {
    int ctas, threads;
    Protocol protocol;
  };
  LaneId add_lane(std::size_t m, KernelId kernel, const LaneShape& shape);
  OpId append(Op op, std::span<const Slice> sources, std::span<const Slice> destinations);
  void start(std::size_t m);
  OpId start_op(std::size_t m, std::uint32_t compute);
  [[nodiscard]] std::size_t slot(const Place& place) const;
  void add_deps(const Place& place, std::span<const OpId> after);

  Plan& plan_;
  NcclCall& call_;
  Shape shape_;
  int element_;
  std::vector<LaneId> control_;  // by member
  std::vector<LaneId> channel_;  // by member and lane
  std::vector<OpId> ready_;      // likewise: from when on it works
  std::vector<OpId> latest_;     // likewise: last op there
};

// The algorithms. Each fills the call's members' first and last.
void lower_ring(Plan& plan, NcclCall& call);
void lower_tree(Plan& plan, NcclCall& call);
void lower_nvls(Plan& plan, NcclCall& call);
void lower_pairs(Plan& plan, NcclCall& call);

}  // namespace twinlink::models
