#pragma once
// What the host hands to the fused kernel: one launch per GPU that walks the op lists of all its
// lanes. Plain data, for host and device code.
//
// A lane's program is an array of records of one size: a StepHead, then its sources, destinations
// (Operand), waits, publications (FlagWait, then void* of flags) and signals (void*: the counter of
// blocks that have ended the step, if there are signals, then those). A block walks the records in
// order:
//   wait before -> work -> block barrier, fence, flags -> wait after (barriers)
// Progress. Block b of lane L raises a 64-bit flag in the memory of every GPU whose lanes wait for
// it: epoch * stride + position + 1. Epochs count launches from 1, per block, in device memory, so
// flags only grow and are never reset, and a captured launch can be replayed.
// Copy lanes count launches within one issue, because stream memory operations know constants only:
// signals (fused_signals.h) are one word per lane and hold index * stride + position + 1, index
// from 1 in every issue, which sets them to 0 first. The last block of a lane to end a step raises
// its signal, by a maximum, so that a launch that gave up can let the copy lanes run to their ends.
// Wire formats of inline data, in two banks: even and odd epochs.
//   LL     16 bytes hold 8 of payload: {word, epoch, word, epoch}, written by one 16-byte store
//          whose 8-byte halves are each whole on arrival
//   LL128  a line of 128 bytes holds 7 vectors of 16 and {epoch x 4}, written by one store of 8
//          neighbouring lanes of a warp, which arrives as a whole between GPUs of one NVLink domain
//          (NCCL relies on the same)
// A slot is 16 bytes of LL128: slot s is vector 7 (s / 8) + s % 8, or the epoch where s % 8 = 7.
#include <cstdint>

#include "realgpu/kernels.h"

namespace twinlink::realgpu {

inline constexpr int kParameterLanes = 4;     // so many travel as kernel parameters
inline constexpr int kMaxRecordBytes = 4096;  // two of them lie in shared memory

enum class StepKind : std::uint8_t { nothing, copy, fold, scan, work };
enum class InlineFormat : std::uint8_t { none, ll, ll128 };
// How far the stores before a publication must be visible.
enum class Reach : std::uint8_t { relaxed, gpu, system };

// LL128 slots of a slice: whole lines, and a multiple of what a warp moves at once.
constexpr std::int64_t ll128_slots(std::int64_t bytes) {
  return ((bytes / 16 + 6) / 7 * 8 + 31) / 32 * 32;
}
// Of one bank.
constexpr std::int64_t inline_bytes(InlineFormat format, std::int64_t bytes) {
  return format == InlineFormat::ll128 ? ll128_slots(bytes) * 16 : bytes * 2;
}

struct Operand {
  void* address = nullptr;
  std::int64_t bytes = 0;
};

// Wait until the awaited lane's flags, or its signal, reach `position` in the launch `back` ago.
struct FlagWait {
  const unsigned long long* flags = nullptr;  // of block 0, in the waiter's memory
  std::uint32_t position = 0;
  std::uint16_t lane = 0;    // of the plan, for the watchdog's message
  std::uint16_t blocks = 0;  // to wait for; 0: only the block of the waiter's own number
  std::uint8_t back = 0;
  bool relaxed = false;
  bool signal = false;  // of another lane: blocks is 1
};

struct StepHead {
  StepKind kind = StepKind::nothing;
  std::uint8_t word = 16;  // bytes of one access
  Reach reach = Reach::relaxed;
  bool strided = false;
  bool serial = false;
  bool broadcast = false;                    // copy: source 0 serves all destinations
  InlineFormat format = InlineFormat::none;  // of the inline operands
  std::uint16_t sources = 0, destinations = 0;
  std::uint16_t waits_before = 0, waits_after = 0, publications = 0, signals = 0;
  bool one_each = false;  // no wait is for more than one word
  std::int32_t op = -1;   // of the plan; -1: the launch's own first or last step
  std::uint32_t position = 0;
  std::uint64_t ll_sources = 0, ll_destinations = 0;  // bit i: operand i is inline
  std::int64_t elements = 0;                          // fold
  // Factor of source i and head h at [i * heads + h]; null: all 1. See FoldArgs.
  const void* factors = nullptr;
  std::int32_t heads = 1;
  std::uint32_t elements_per_head = 1;  // vectors only: all heads have as many
  std::int64_t first_element = 0, state_elements = 1;
  double flops = 0;  // work
};
static_assert(sizeof(StepHead) % 8 == 0 && sizeof(FlagWait) % 8 == 0);

struct LaneHead {
  const unsigned char* program = nullptr;
  std::int32_t steps = 0;
  std::int32_t record_bytes = 0;  // a multiple of 16
  std::int32_t first_block = 0;
  std::int32_t ctas = 0;
  std::int16_t threads = 0;
  std::int16_t loads = 1;
  std::int32_t lane = 0;  // of the plan
};

// Written once, by the first thread that lost patience.
struct Failure {
  unsigned long long claimed = 0;
  std::int32_t op = -1;  // that waits; -1: the launch's first step
  std::int32_t lane = 0, block = 0;
  std::int32_t awaited_lane = 0, awaited_block = 0;
  std::uint32_t awaited_position = 0;
  std::uint32_t back = 0;
  unsigned long long target = 0, seen = 0;
};

struct FusedArgs {
  // Of the lanes: here if they are few, else in device memory. Parameters cost time at each launch.
  LaneHead few[kParameterLanes];
  const LaneHead* many = nullptr;
  int lane_count = 0;
  std::uint32_t stride = 1;
  std::uint32_t index = 1;               // of this launch within its issue
  unsigned long long* epochs = nullptr;  // per block of the launch: launches begun
  Failure* failure = nullptr;
  Stamp* stamps = nullptr;  // per op of the plan; null: none
  unsigned long long patience_ns = 0;
  unsigned long long delay_seed = 0;  // 0: no delays
};
static_assert(sizeof(FusedArgs) <= 256);

// Of a launch whose lanes differ in loads in flight: each step chooses by its lane.
inline constexpr int kMixedLoads = -1;

struct FusedShape {
  int blocks = 0;
  int threads = 0;
  int loads = 1;                 // 1, 2, 4, 8 or kMixedLoads
  Scalar scalar = Scalar::fp32;  // of all folds
  bool inline_data = false;      // its ops then have one load in flight
  bool large = false;            // a variant with fewer registers, of which more blocks fit
  bool cooperative = true;
  bool overlapped = true;  // may be put on the GPU before the launch before has ended
};

// Blocks of that shape which fit on the current device at once; 0: no kernel of that shape.
int resident_blocks(const FusedShape& shape);
// One launch on the current device. Throws GpuError.
void launch_fused(FusedArgs& args, const FusedShape& shape, cudaStream_t stream);

}  // namespace twinlink::realgpu
