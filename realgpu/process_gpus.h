#pragma once
// The GPUs of a group of processes, one each, and what this process calls the GPUs of a plan.
//
// Process p drives the p-th GPU of a plan. It takes CUDA's device number p where so many are
// visible, or the only one that is. A plan names GPUs by number; own_names() exchanges two of them
// so that the own GPU has the number of the own device, whatever the launcher made visible.
// Errors: UnsupportedError for two processes on one GPU, another number of processes than GPUs, and
// GPUs without peer access.
#include <memory>
#include <vector>

#include "models/plan/plan.h"
#include "realgpu/process_group.h"
#include "realgpu/shared_memory.h"

namespace twinlink::realgpu {

class ProcessGpus {
 public:
  // A collective. The device stays current for the calling thread.
  explicit ProcessGpus(std::shared_ptr<ProcessGroup> group);

  [[nodiscard]] ProcessGroup& group() const { return *group_; }
  [[nodiscard]] int device() const { return device_; }
  [[nodiscard]] bool is_here(int gpu) const { return gpu == device_; }
  // Of a plan with own names; each is the other's inverse.
  [[nodiscard]] int process_of(int gpu) const;
  [[nodiscard]] int gpu_of(int process) const { return process_of(process); }
  [[nodiscard]] models::Plan own_names(const models::Plan& plan) const;
  // Blocks for buffers of plans, for their flags, and for the processes' own meetings.
  [[nodiscard]] SharedMemory& buffers() { return buffers_; }
  [[nodiscard]] SharedMemory& boards() { return boards_; }
  [[nodiscard]] SharedMemory& meeting() { return meeting_; }

 private:
  std::shared_ptr<ProcessGroup> group_;
  int device_;
  SharedMemory buffers_, boards_, meeting_;
};

}  // namespace twinlink::realgpu
