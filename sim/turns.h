#pragma once
// Who may begin on a GPU whose kernels begin in order, because some ops fill it.
//
// A compute op's blocks (and those of a copy within a GPU, which the driver makes a kernel) take
// whole SMs, and blocks of a kernel that became ready later get no room before all of theirs are
// placed. So an op that fills keeps the turn of its GPU until it ends; a kernel that is not
// resident waits for the turn and passes it on at once (it runs beside what comes next). Turns are
// taken in the order in which they were asked for. What holds a turn always ends by itself, and
// whoever waits for it holds nothing that this needs: no deadlock. Where it is known when an op's
// last wave begins (`leave_room`), kernels, but no ops that fill, come in from then on.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::sim {

class Turns {
 public:
  // In turn comes an op that fills, or a kernel that does not.
  struct Waiter {
    OpId op{};
    KernelId kernel{};
  };

  // Without `in_order` nothing fills and nobody waits.
  Turns(const models::Plan& plan, bool in_order);
  [[nodiscard]] bool fills(OpId op) const { return in_order_ && fills_[op.index()]; }
  [[nodiscard]] bool fills(LaneId lane) const { return in_order_ && lane_fills_[lane.index()]; }
  // True: the op that fills has the turn. False: it waits.
  bool take(OpId op);
  // True: the kernel may begin. False: it waits.
  bool pass(std::int32_t gpu, KernelId kernel);
  // The op that fills leaves room from now on. Then `next` as after its end: kernels only.
  void leave_room(OpId op);
  [[nodiscard]] bool leaves_room(std::int32_t gpu) const;
  // The op that fills has ended. Then `next` until it is empty: who may begin now, in order.
  void end(OpId op);
  std::optional<Waiter> next(std::int32_t gpu);
  // The op that has the turn; invalid: nobody.
  [[nodiscard]] OpId holder(std::int32_t gpu) const;
  // Some op that waits; invalid if none does (kernels: see Engines).
  [[nodiscard]] OpId any_waiting() const;

 private:
  struct Gpu {
    OpId holder{};
    bool room = false;  // beside it
    std::deque<Waiter> waiting;
  };

  [[nodiscard]] bool is_filling(const models::Op& op, OpId id) const;
  [[nodiscard]] bool stays_on_gpu(OpId op) const;
  [[nodiscard]] std::int32_t gpu_of(OpId op) const { return plan_.gpu_of(plan_.rank_of(op)); }

  const models::Plan& plan_;
  bool in_order_;
  std::vector<bool> fills_, lane_fills_;
  std::map<std::int32_t, Gpu> gpus_;
};

}  // namespace twinlink::sim
