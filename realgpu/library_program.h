#pragma once
// A plan of library calls only, as one of several processes runs it: the calls of this process's
// rank in the order of the plan, on one stream.
//
// The library itself makes the processes meet. Errors: UnsupportedError for a plan with other ops,
// with several ranks on a GPU, or in which a call waits for one of another process.
#include <span>

#include "realgpu/nccl_calls.h"
#include "realgpu/program.h"
#include "realgpu/stream_schedule.h"

namespace twinlink::realgpu {

class LibraryProgram : public Program {
 public:
  // Keeps references to plan and schedule. A collective.
  LibraryProgram(const models::Plan& plan, const StreamSchedule& schedule,
                 const PlanMemory& memory);

  [[nodiscard]] const Stream& origin() const override { return stream_; }
  void issue(int repeats, const Stamps* stamps) const override;
  // Calls that last longer than 30 s are aborted.
  void await() override;
  [[nodiscard]] const char* mode() const override { return "stream"; }

 private:
  const models::Plan& plan_;
  Stream stream_;
  NcclCalls nccl_;
  std::vector<OpId> own_;  // in order
};

// Whether a plan has library calls only.
bool is_library_plan(const models::Plan& plan);

}  // namespace twinlink::realgpu
