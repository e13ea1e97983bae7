#pragma once
// Ranks of one sequence-parallel group on one or several GPUs, and the two ways their states meet:
// a fused scan of the catalogue, or the hops of a ring one after the other.
//
// Ranks of a GPU are neighbours (rank r on GPU r * gpus / sp). An exchange owns the states: `local`
// that parts make, and `outer` that they use; bind() makes the parts use them, so one exchange per
// direction is in use at a time. Errors: UnsupportedError (a scan that cannot be fused), GpuError.
#include <memory>
#include <string>
#include <vector>

#include "models/collectives/catalogue.h"
#include "realgpu/fused_program.h"
#include "realgpu/linear_attention_parts.h"

namespace twinlink::realgpu {

class AttentionRanks {
 public:
  // Enables peer access.
  AttentionRanks(const AttentionShape& shape, int sp, int gpus);

  [[nodiscard]] const AttentionShape& shape() const { return shape_; }
  [[nodiscard]] int sp() const { return sp_; }
  [[nodiscard]] int gpus() const { return static_cast<int>(parts_.size()); }
  [[nodiscard]] int per_gpu() const { return sp_ / gpus(); }
  [[nodiscard]] int gpu_of(int rank) const { return rank / per_gpu(); }
  [[nodiscard]] AttentionParts& parts(int gpu) const {
    return *parts_[static_cast<std::size_t>(gpu)];
  }

 private:
  AttentionShape shape_;
  int sp_;
  std::vector<std::unique_ptr<AttentionParts>> parts_;
};

// A scan in fused mode on the ranks' states.
class AttentionScan {
 public:
  // ctas: of all ranks of a GPU together.
  AttentionScan(const AttentionRanks& ranks, const std::string& scan, bool backward, int ctas);

  void bind() const;
  void launch_on(const Stream& stream) const { program_->launch_on(stream); }
  // Alone, on inputs of its own: whether its numbers are those of the definition.
  [[nodiscard]] models::Numbers check() const;
  void issue(int repeats) const { program_->issue(repeats, nullptr); }
  [[nodiscard]] const Stream& origin() const { return program_->origin(); }
  void check_health() const { program_->check_health(); }

 private:
  const AttentionRanks& ranks_;
  bool backward_;
  models::Inputs inputs_;
  models::Plan plan_;
  std::unique_ptr<PlanMemory> memory_;
  std::unique_ptr<FusedProgram> program_;
};

// Buffers of a ring; the outer state of the rank that begins stays 0.
class AttentionRing {
 public:
  AttentionRing(const AttentionRanks& ranks, bool backward);

  void bind() const;
  // Of `rank`, to its neighbour; the last one sends nothing.
  void send(int rank, const Stream& stream) const;
  // Overwrites a state that nobody reads with zeros from the host's memory (method naive).
  void copy_zeros(int rank, const Stream& stream) const;
  [[nodiscard]] int next(int rank) const { return backward_ ? rank - 1 : rank + 1; }

 private:
  const AttentionRanks& ranks_;
  bool backward_;
  std::vector<DeviceBuffer> local_, outer_, unused_;  // by rank
  std::shared_ptr<void> zeros_;                       // pinned
};

}  // namespace twinlink::realgpu
