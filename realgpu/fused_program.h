#pragma once
// A plan as one launch per GPU and repeat (fused mode; contract: fused_device.h, fused_schedule.h).
//
// issue() forks one stream per GPU and per copy lane from the origin, puts `repeats` launches on
// each and joins them.
// Launches of different GPUs meet through flags only; those of one GPU follow each other as kernels
// of a stream do. A GPU with copy lanes keeps one multiprocessor free of fused blocks, for copies
// within it and for stamps, and its launches do not overlap, so that the next one cannot take that
// room. With several processes each has the launches of its own GPU, the constructor is a
// collective, and there are no copy lanes. A stuck launch ends after Options::patience_s and names
// what waits. Errors: UnsupportedError when the blocks do not fit on a GPU at once, with the
// numbers, or when no kernel serves the plan; GpuError.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "realgpu/event.h"
#include "realgpu/fused_copies.h"
#include "realgpu/fused_records.h"
#include "realgpu/program.h"
#include "realgpu/realgpu.h"

namespace twinlink::realgpu {

class FusedProgram : public Program {
 public:
  // Keeps references to plan and memory.
  FusedProgram(const models::Plan& plan, const models::Inputs& inputs, const PlanMemory& memory,
               const Options& options);

  [[nodiscard]] const Stream& origin() const override { return origin_; }
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
    explicit Gpu(int device) : stream(device), joined(device) {}
    Stream stream;
    Event joined;
    FusedArgs args;
    FusedShape shape;
    std::vector<DeviceBuffer> programs;
    std::vector<LaneHead> lanes;
    std::optional<DeviceBuffer> many_lanes, epochs, failure;
  };

  void add_gpu(int device, const FusedParts& parts, const Options& options);
  void add_lanes(Gpu& gpu, const FusedParts& parts) const;
  static void hand_over_lanes(Gpu& gpu);
  void launch(const Gpu& gpu, std::uint32_t index, const Stamps* stamps) const;
  [[nodiscard]] Scalar scalar_on(int device, const PlanMemory& memory) const;
  void choose_shape(Gpu& gpu) const;
  [[nodiscard]] std::string describe(const Failure& failure) const;
  [[nodiscard]] std::string describe_op(OpId op) const;

  const models::Plan& plan_;
  FusedSchedule schedule_;
  DecayFactors factors_;
  WorkBuffers work_;
  FusedBoards boards_;
  FusedSignals signals_;
  FusedCopies copies_;
  Stream origin_;
  Event forked_;
  std::vector<std::unique_ptr<Gpu>> gpus_;
};

}  // namespace twinlink::realgpu
