#pragma once
// A plan as one launch per GPU and repeat (fused mode; contract: fused_device.h, fused_schedule.h).
//
// issue() forks one stream per GPU from the origin, puts `repeats` launches on each and joins them.
// Launches of different GPUs meet through flags only; those of one GPU follow each other as kernels
// of a stream do. A stuck launch ends after Options::patience_s and names what waits.
// Errors: UnsupportedError when the blocks do not fit on a GPU at once, with the numbers, or when
// no kernel serves the plan; GpuError.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "realgpu/event.h"
#include "realgpu/fused_records.h"
#include "realgpu/program.h"
#include "realgpu/realgpu.h"

namespace twinlink::realgpu {

class FusedProgram : public Program {
 public:
  // Keeps references to plan and memory.
  FusedProgram(const models::Plan& plan, const models::Inputs& inputs, const PlanMemory& memory,
               const Options& options);

  [[nodiscard]] const Stream& origin() const override { return gpus_.front()->stream; }
  void issue(int repeats, const Stamps* stamps) const override;
  // The launch of the stream's device, behind what the stream holds; nothing on a GPU whose ranks
  // have nothing to do. Every GPU must get its launch.
  void launch_on(const Stream& stream) const;
  void check_health() const override;
  [[nodiscard]] int repeat_factor() const override { return 5; }
  [[nodiscard]] const char* mode() const override { return "fused"; }

 private:
  // One GPU's launch.
  struct Gpu {
    explicit Gpu(int device) : stream(device), forked(device), joined(device) {}
    Stream stream;
    Event forked, joined;
    FusedArgs args;
    FusedShape shape;
    std::vector<DeviceBuffer> programs;
    std::optional<DeviceBuffer> epochs, failure;
  };

  void add_lanes(Gpu& gpu, const FusedParts& parts) const;
  [[nodiscard]] Scalar scalar_on(int device, const PlanMemory& memory) const;
  void choose_shape(Gpu& gpu) const;
  [[nodiscard]] std::string describe(const Failure& failure) const;
  [[nodiscard]] std::string describe_op(OpId op) const;

  const models::Plan& plan_;
  FusedSchedule schedule_;
  DecayFactors factors_;
  WorkBuffers work_;
  FusedBoards boards_;
  std::vector<std::unique_ptr<Gpu>> gpus_;
};

}  // namespace twinlink::realgpu
