#pragma once
// A layer's step, forward or forward and backward, by one of the methods of
// models/workloads/linear_attention.h, on GPUs.
//
// Rings (coupled; ranks one after the other, each behind the state of the one before):
//   naive, cache, fuse_parallel   local state, intra-chunk part, inter-chunk part, send; naive
//                  copies a state of zeros from the host first. With these kernels cache and
//                  fuse_parallel are the same launches.
//   fuse           local state, then outputs with the state in them, send
// Others, on all ranks of a GPU at once:
//   blelloch       local state, intra-chunk part, the scan "blelloch" (a correct tree), inter-chunk
//   scan, overlap  local state; the scan beside the intra-chunk part, on a stream of its own and
//                  launched first; inter-chunk part
//   scan, merged   local state, scan, outputs with the state in them
//   scan, neither  local state, intra-chunk part, scan, inter-chunk part
// The intra-chunk part needs the states between a rank's segments, which the local state leaves.
// All GPUs meet before and behind the step, and between forward and backward, by events.
#include <optional>
#include <string>
#include <vector>

#include "models/workloads/linear_attention.h"
#include "realgpu/event.h"
#include "realgpu/linear_attention_ranks.h"

namespace twinlink::realgpu {

struct AttentionMethod {
  models::LinearAttentionMethod method = models::LinearAttentionMethod::scan;
  std::string scan = "ring_decoupled";  // for method scan
  bool overlap = false, merged = true;
  int scan_ctas = 128;  // of all ranks of a GPU
};

class LinearAttentionStep {
 public:
  // Binds the ranks' parts to the method's states: one step of some ranks at a time.
  LinearAttentionStep(const AttentionRanks& ranks, const AttentionMethod& method, bool backward);

  [[nodiscard]] const Stream& origin() const { return computes_.front(); }
  // One step on streams that fork from the origin and join it: it can be captured.
  void issue() const;
  // Pieces of a step alone: GPUs part and meet; or they also scan, forward (no ring).
  void issue_meeting() const;
  void issue_exchange() const;
  void check_health() const;

 private:
  struct Exchange {  // of one direction
    std::optional<AttentionScan> scan;
    std::optional<AttentionRing> ring;
  };
  void add(bool backward);
  [[nodiscard]] bool coupled() const;
  void part() const;
  void join() const;
  void run(bool backward) const;
  void run_ring(const AttentionRing& ring, bool backward) const;
  void run_rank(const AttentionRing& ring, int rank, bool backward) const;
  void run_scan(const AttentionScan& scan, bool backward) const;
  void launch(const AttentionScan& scan, const std::vector<Stream>& on) const;
  void await_scans() const;
  void scan_beside(const AttentionScan& scan, bool backward) const;

  const AttentionRanks& ranks_;
  AttentionMethod method_;
  std::vector<Stream> computes_, scans_;                  // by GPU
  std::vector<Event> ended_, forked_, states_, scanned_;  // by GPU
  std::vector<Exchange> exchanges_;                       // forward, backward
};

}  // namespace twinlink::realgpu
