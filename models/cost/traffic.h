#pragma once
// The traffic of one op: which GPU's bytes go where, in units of the op's payload, and the interned
// patterns of resource uses that follow from it.
//
// Payload is the size of the largest source (of the largest destination, if there is no source).
// An sm lane pulls remote sources to its GPU and pushes to remote destinations from it; a copy
// engine or NIC moves bytes straight from source to destination. A sum in the switch comes from all
// its sources, the own GPU's too, and crosses each link of their routes once; a multicast likewise.
// Every slice also reads or writes its GPU's HBM. Bytes whose
// route passes a NIC travel one way, at wire_nic, whoever moves them.
#include <cstdint>
#include <span>
#include <vector>

#include "models/cost/calibration.h"
#include "models/cost/cost_model.h"
#include "models/cost/fabric.h"
#include "models/plan/plan.h"

namespace twinlink::models {

enum class Carrier : std::uint8_t {
  pull,
  push,
  copy_engine,
  nic,
  memory,
  sms,            // a compute op's FLOPs
  switch_reduce,  // with its neighbours in the list: one tree of routes towards to_gpu
  switch_store,   // likewise, from from_gpu
};

struct Traffic {
  std::int32_t from_gpu, to_gpu;
  Carrier carrier;
  Edge wire;     // inline_ll and inline_ll128 add their factor; anything else: none
  double ratio;  // bytes per payload byte
  bool operator==(const Traffic&) const = default;
};

// Summary of an op that its latency and rate need.
struct TrafficShape {
  Bytes payload;
  int remote_sources = 0, remote_destinations = 0;
  int sources = 0;                // that SMs load
  double loaded = 0, stored = 0;  // by SMs, per byte of payload
  double loaded_here = 0;         // of it, from the own GPU's memory
  double stored_here = 0;         // of it, into the own GPU's memory
  double turned = 0;              // bytes of HBM that pass while it turns round between the two
  bool in_line = false;           // some of it carries its own flags
  bool cached = false;            // L2 has what is loaded of the own GPU's memory
  int uncached_peers = 0;         // remote sources that their GPU's L2 does not have
  bool in_switch = false;
  Duration route_latency;
  bool crosses_nic = false;  // any of its bytes
};

// What of memory a reader wants to know.
struct MemoryView {
  bool wanted = false;         // HBM traffic
  std::vector<bool> resident;  // by GPU: L2 has all of it (residence.h); empty: nowhere
  double resident_share = 1;   // of such a byte
  double turn = 0;             // hbm_turn
  std::vector<bool> again;     // by slice of the plan (read_again.h); empty: none
};

// Reads ops of one plan.
class TrafficReader {
 public:
  TrafficReader(const Plan& plan, Fabric& fabric, MemoryView memory);
  // Whether it matters which slices an op has, besides their sizes and buffers.
  [[nodiscard]] bool looks_at_slices() const { return !memory_.again.empty(); }
  // Fills `traffic` (cleared first) and returns the summary.
  TrafficShape describe(OpId id, std::vector<Traffic>& traffic) const;

 private:
  const Plan& plan_;
  Fabric& fabric_;
  MemoryView memory_;
  std::vector<std::int32_t> gpu_of_buffer_;
};

class PatternTable {
 public:
  PatternTable(Fabric& fabric, const CalibrationProfile& profile);
  // Index of the pattern of this traffic; equal traffic has equal indices. Pattern 0 uses nothing.
  std::int32_t intern(std::span<const Traffic> traffic);
  // Stays where it is.
  [[nodiscard]] std::span<const Use> uses(std::int32_t index) const {
    const Pattern& pattern = patterns_[static_cast<std::size_t>(index)];
    return {pattern.first_use, pattern.uses};
  }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Pattern {  // its traffic ends where that of the next one begins
    const Use* first_use = nullptr;
    std::uint32_t uses = 0, first_traffic = 0;
  };
  struct Packed {  // Traffic in 16 bytes; GPU indices are below 2^24
    std::uint64_t way, ratio;
    bool operator==(const Packed&) const = default;
  };
  struct Slot {
    std::int32_t pattern = 0;  // 0: free
    std::uint32_t hash = 0;
  };
  struct Wire {
    double forward, back;
  };
  [[nodiscard]] Wire wire_of(const Traffic& traffic, bool crosses_nic) const;
  void add_link_uses(const Traffic& traffic);
  void add_tree_uses(std::span<const Traffic> branches);
  void add_own_use(const Traffic& traffic);
  void merge_uses();
  [[nodiscard]] std::span<const Use> keep_uses();
  [[nodiscard]] static Packed pack(const Traffic& traffic);
  [[nodiscard]] static std::uint32_t hash_of(std::span<const Packed> traffic);
  // Whether this is the pattern of packed_.
  [[nodiscard]] bool is_wanted(std::int32_t index) const;
  std::int32_t find_or_add(std::span<const Traffic> traffic);
  std::int32_t add(std::span<const Traffic> traffic);
  void grow();

  Fabric& fabric_;
  const CalibrationProfile& profile_;
  std::vector<Use> uses_;                 // of the pattern being made
  std::vector<std::vector<Use>> blocks_;  // of all patterns; a block never grows
  std::vector<Packed> packed_;            // of the traffic asked for
  std::vector<Packed> traffic_;           // of all patterns
  std::vector<Pattern> patterns_;
  std::vector<std::int32_t> recent_;  // by GPU: the last pattern whose first bytes come from there
  std::vector<Slot> slots_;           // open addressing, a power of two
};

}  // namespace twinlink::models
