#pragma once
// Engines as finite servers: who may start now, who waits, who is let in when something is freed.
//
// sm: a kernel holds the CTAs of all its lanes from its first op's start to its last op's end;
// kernels of a GPU that do not fit wait in the order in which they became ready (the first one
// blocks those behind it). copy: a queue serves one op at a time, at most `copy_slots` queues of a
// GPU at once; ops wait in the order in which they became ready. nic: no limit but its lanes'
// order. Where kernels go in order (turns.h), a kernel first waits for its turn, then for CTAs; an
// op that fills its GPU has its kernel or queue first, then waits for the turn. A slot count of 0
// means no limit. A kernel larger than its GPU is an UnsupportedError with
// both numbers.
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "models/plan/plan.h"
#include "sim/turns.h"

namespace twinlink::sim {

struct EngineSlots {
  int ctas = 0;
  int copies = 0;
  bool watch_held = false;  // whether held_changes will be asked for
  bool in_order = false;    // needs a limit of CTAs
  int packed = 0;           // CTAs to an SM of kernels that come in beside a product; 0: spread
};

class Engines {
 public:
  Engines(const models::Plan& plan, EngineSlots slots);

  // True when ops of this lane never have to ask: their kernel is resident, or nothing is limited.
  [[nodiscard]] bool is_open(LaneId lane) const;
  // The op is ready now. True: it starts; false: it waits and will come out of `release`.
  bool request(OpId op);
  // The op has ended. Appends the ops that may start now.
  void release(OpId op, std::vector<OpId>& started);
  // CTAs that lanes without compute ops hold on a GPU (SMs, where they are packed), and the GPUs
  // where that has changed, for the caller to clear. Only where CTAs are limited.
  [[nodiscard]] std::int32_t held(std::int32_t gpu) const { return gpus_.at(gpu).ctas_held; }
  [[nodiscard]] std::vector<std::int32_t>& held_changes() { return held_changes_; }
  // The op that fills the GPU now; invalid: none. GPUs where it has changed are held_changes too.
  [[nodiscard]] OpId filled_by(std::int32_t gpu) const { return turns_.holder(gpu); }
  // The op that fills has come to its last wave. Appends the ops of kernels that come in.
  void leave_room(OpId op, std::vector<OpId>& started);
  [[nodiscard]] bool leaves_room(std::int32_t gpu) const { return turns_.leaves_room(gpu); }
  // Whether kernels that come in beside a product stand otherwise than alone.
  [[nodiscard]] bool packs() const { return slots_.in_order && slots_.packed > 0; }
  // What ops of this lane run beside, if anything; packed: a product was there when their kernel
  // came.
  struct Neighbour {
    OpId product{};
    bool packed = false;
  };
  [[nodiscard]] Neighbour neighbour(LaneId lane) const;
  // Some op that waits for an engine; invalid if none does.
  [[nodiscard]] OpId any_waiting() const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct KernelState {
    std::int32_t ctas = 0;
    std::int32_t ctas_held = 0;  // of lanes that compute nothing; 0 if not watched
    std::int32_t gpu = 0;
    std::uint32_t ops_left = 0;
    OpId beside{};  // the product that filled the GPU when the kernel asked for its turn
    bool resident = false;
    bool queued = false;
    std::vector<OpId> waiting;
  };
  struct GpuState {
    std::int32_t ctas_used = 0;
    std::int32_t ctas_held = 0;
    std::int32_t copies_active = 0;
    std::deque<KernelId> kernels;  // waiting
    std::deque<OpId> copies;       // waiting
  };

  [[nodiscard]] KernelState& kernel(KernelId id) { return kernels_[id.index()]; }
  void watch_held();
  void occupy(const KernelState& state, int sign);
  bool request_sm(OpId op, KernelId id);
  bool enter(KernelState& state);
  bool take_turn(OpId op);
  void note_filled(std::int32_t gpu);
  void admit(OpId op, std::vector<OpId>& started);
  void pass_turn(OpId op, std::vector<OpId>& started);
  [[nodiscard]] OpId product_on(std::int32_t gpu) const;
  void let_in(std::int32_t gpu, std::vector<OpId>& started);
  bool request_copy(OpId op);
  bool try_copy(OpId op);
  void release_sm(KernelId id, std::vector<OpId>& started);
  void release_copy(OpId op, std::vector<OpId>& started);
  [[nodiscard]] bool fits(const KernelState& state) const;
  [[nodiscard]] std::size_t queue_of(OpId op) const;

  const models::Plan& plan_;
  EngineSlots slots_;
  Turns turns_;
  std::vector<KernelState> kernels_;
  std::map<std::int32_t, GpuState> gpus_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> queue_index_;  // (GPU, queue)
  std::vector<std::int32_t> queue_of_lane_;
  std::vector<bool> queue_busy_;
  std::vector<std::int32_t> held_changes_;
};

}  // namespace twinlink::sim
