#pragma once
// Collects the sample sets of a suite: reads clocks around each, keeps time, and turns a set that
// this machine cannot run into a line of Measurement::skipped.
#include <chrono>
#include <functional>
#include <string>

#include "realgpu/measure/measure.h"
#include "realgpu/measure/nvml.h"
#include "realgpu/measure/sampling.h"

namespace twinlink::realgpu {

// Payload of one piece.
struct Work {
  double bytes = 0, flops = 0;
};

class Recorder {
 public:
  Recorder(const Suite& suite, const MeasureOptions& options, const std::vector<int>& gpus);

  [[nodiscard]] bool quick() const { return options_.quick; }
  // Out of time, or stopped: sets are left out from now on.
  [[nodiscard]] bool enough() const;
  // What `sample` throws names the set as skipped (it cannot run here) or failed (a GPU error).
  void add(const What& what, const Work& work, const std::function<Sampled()>& sample);
  void skip(const std::string& what, const std::string& why);
  void add_wrong(const std::string& what) { result_.wrong.push_back(what); }
  Environment& environment() { return result_.environment; }
  Measurement take();

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] double elapsed_s() const;

  const MeasureOptions& options_;
  Nvml nvml_;
  Clock::time_point begin_ = Clock::now();
  Measurement result_;
};

// "sm_pull bytes=1024 ctas=8".
std::string text_of(const What& what);

}  // namespace twinlink::realgpu
