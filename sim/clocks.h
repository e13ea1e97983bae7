#pragma once
// How fast each GPU's SMs are: their clock, which follows power, and the share of them that other
// kernels leave.
//
//   capacity of the SMs = 1e12 x clock x (1 - CTAs held by lanes that compute nothing / CTA slots)
// Power (models/cost/power.h) changes when work or a transfer begins or ends. A governor samples
// it: at whole multiples of clock_time / 8 (at least 1 ns) it takes the mean power since the last
// multiple and moves the clock by 1 - e^(-1/8) of the way to what that power leaves, so a step is
// followed with the time constant clock_time. With a clock_time of 0 the clock follows at once.
// Samples are taken only while they can change something. Work that is slowed draws what it would
// at full rate. Where the power limit is out of reach and nothing is held this costs nothing.
#include <cstdint>
#include <vector>

#include "models/cost/cost_model.h"
#include "models/plan/plan.h"

namespace twinlink::sim {

class Clocks {
 public:
  Clocks(const models::Plan& plan, const models::CostModel& costs);
  // Whether any op needs SMs, and whether power moves a clock: if not, no call is needed.
  [[nodiscard]] bool has_sms() const { return !gpus_.empty(); }
  [[nodiscard]] bool follow_power() const { return follow_power_; }

  // The op's work or transfer begins or ends.
  void begin(OpId op) { change(op, 1); }
  void end(OpId op) { change(op, -1); }
  // The share of the GPU's SMs that others leave to compute ops from now on, above 0.
  void leave(std::int32_t gpu, double free_share);
  // A sample that `samples` asked for.
  void sample(std::int32_t gpu, Duration now);
  // After all of this at one instant.
  void settle(Duration now);

  struct Speed {
    std::int32_t resource;
    double capacity;
  };
  struct Sample {
    std::int32_t gpu;
    Duration when;
  };
  // What has changed and is to be sampled since the last `clear`.
  [[nodiscard]] const std::vector<Speed>& speeds() const { return speeds_; }
  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  void clear();
  // Mean clock of each GPU until `end`; empty if no clock follows power.
  [[nodiscard]] std::vector<double> mean_clocks(Duration end) const;

 private:
  struct Gpu {
    std::vector<std::int32_t> active;  // compute ops, by kind of work
    std::int32_t in = 0, out = 0;      // transfers
    double watts = 0;                  // since `since`
    double energy = 0;                 // W x ps since the last multiple of a tick
    Duration since;
    double clock = 1;
    double free_share = 1;  // of the SMs
    double area = 0;        // clock x ps up to clock_since
    Duration clock_since;
    bool sampled = false;  // a sample is due
    bool touched = false;  // its power may have changed
    bool changed = false;  // its speed may have
  };

  void change(OpId op, int step);
  void change_transfer(OpId op, int step);
  void travel(std::int32_t from, std::int32_t to, int step);
  void touch(std::int32_t gpu);
  void mark(std::int32_t gpu);
  void settle_power(std::int32_t gpu, Duration now);
  void set_clock(std::int32_t gpu, double clock, Duration now);
  void ask_sample(std::int32_t gpu, Duration now);
  [[nodiscard]] double power_of(const Gpu& gpu) const;
  [[nodiscard]] std::int32_t gpu_of(BufferId buffer) const;
  Gpu& at(std::int32_t gpu) { return gpus_[static_cast<std::size_t>(gpu)]; }

  const models::Plan& plan_;
  models::PowerModel power_;
  std::int32_t first_sms_;
  bool follow_power_;
  std::int64_t tick_;  // ps between samples; 0: none
  std::vector<Gpu> gpus_;
  std::vector<std::int32_t> touched_, changed_;
  std::vector<Speed> speeds_;
  std::vector<Sample> samples_;
};

}  // namespace twinlink::sim
