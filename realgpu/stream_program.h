#pragma once
// A plan as work on streams: one stream per lane that has ops, events for edges between lanes.
//
// issue() forks all lanes from the origin stream, puts every op on its lane and joins all lanes
// back, so that the origin's events bracket the plan and the whole can be captured into one graph
// that spans devices. A rendezvous records one event per member and lets every member wait for all
// others. Repeated issues follow each other completely: a lane starts again when all have ended.
#include <optional>
#include <vector>

#include "realgpu/event.h"
#include "realgpu/op_launcher.h"
#include "realgpu/program.h"
#include "realgpu/stream_schedule.h"

namespace twinlink::realgpu {

class StreamProgram : public Program {
 public:
  // Keeps references to all three. The plan must have ops.
  StreamProgram(const models::Plan& plan, const StreamSchedule& schedule,
                const OpLauncher& launcher);

  [[nodiscard]] const Stream& origin() const override { return *origin_; }
  void issue(int repeats, const Stamps* stamps) const override;
  [[nodiscard]] const char* mode() const override { return "stream"; }

 private:
  [[nodiscard]] const Stream& stream_of(OpId op) const;
  void make_events();
  void issue_once(const Stamps* stamps) const;
  void fork() const;
  void join() const;
  void issue_op(OpId op, const Stamps* stamps) const;
  void meet(const std::vector<OpId>& members) const;
  void call(const std::vector<OpId>& members, const Stamps* stamps) const;
  void wait_for_dependencies(OpId op) const;
  void record_completion(OpId op) const;

  const models::Plan& plan_;
  const StreamSchedule& schedule_;
  const OpLauncher& launcher_;
  std::optional<Stream> origin_;
  std::optional<Event> forked_;
  std::vector<std::optional<Stream>> streams_;   // per lane
  std::vector<std::optional<Event>> ended_;      // per lane
  std::vector<std::optional<Event>> completed_;  // per op that another lane waits for
  std::vector<std::optional<Event>> arrived_;    // per barrier
};

}  // namespace twinlink::realgpu
