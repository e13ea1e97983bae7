#include "realgpu/stream_program.h"

namespace twinlink::realgpu {

using models::OpKind;

StreamProgram::StreamProgram(const models::Plan& plan, const StreamSchedule& schedule,
                             const OpLauncher& launcher)
    : plan_(plan), schedule_(schedule), launcher_(launcher) {
  const int first_device = plan.gpu_of(plan.rank_of(OpId{0}));
  origin_.emplace(first_device);
  forked_.emplace(first_device);
  streams_.resize(plan.lanes.size());
  ended_.resize(plan.lanes.size());
  for (std::size_t lane = 0; lane < plan.lanes.size(); ++lane) {
    if (!schedule.last_of_lane[lane].valid()) continue;
    const int device = plan.gpu_of(plan.lanes[lane].rank);
    streams_[lane].emplace(device);
    ended_[lane].emplace(device);
  }
  make_events();
}

void StreamProgram::make_events() {
  completed_.resize(plan_.ops.size());
  arrived_.resize(plan_.ops.size());
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    const int device = stream_of(OpId{i}).device();
    if (schedule_.recorded[i] != 0) completed_[i].emplace(device);
    if (plan_.ops[i].kind == OpKind::barrier) arrived_[i].emplace(device);
  }
}

const Stream& StreamProgram::stream_of(OpId op) const {
  return *streams_[plan_.op(op).lane.index()];
}

void StreamProgram::issue(int repeats, const Stamps* stamps) const {
  for (int i = 0; i < repeats; ++i) issue_once(stamps);
}

void StreamProgram::issue_once(const Stamps* stamps) const {
  fork();
  for (const OpId op : schedule_.order) issue_op(op, stamps);
  join();
}

void StreamProgram::fork() const {
  forked_->record(*origin_);
  for (const std::optional<Stream>& stream : streams_)
    if (stream) forked_->make_wait(*stream);
}

void StreamProgram::join() const {
  for (std::size_t lane = 0; lane < streams_.size(); ++lane) {
    if (!streams_[lane]) continue;
    ended_[lane]->record(*streams_[lane]);
    ended_[lane]->make_wait(*origin_);
  }
}

void StreamProgram::issue_op(OpId id, const Stamps* stamps) const {
  const models::Op& op = plan_.op(id);
  if (op.kind == OpKind::barrier) {
    const std::vector<OpId>& members = schedule_.arrivals[op.detail];
    if (id == members.back()) meet(members);
    return;
  }
  if (op.kind == OpKind::library) {
    const std::vector<OpId>& members = schedule_.calls[op.detail];
    if (id == members.back()) call(members, stamps);
    return;
  }
  wait_for_dependencies(id);
  launcher_.launch(id, stream_of(id), stamps != nullptr ? stamps->at(id) : nullptr);
  record_completion(id);
}

void StreamProgram::meet(const std::vector<OpId>& members) const {
  for (const OpId member : members) {
    wait_for_dependencies(member);
    arrived_[member.index()]->record(stream_of(member));
  }
  for (const OpId member : members) {
    for (const OpId other : members)
      if (other != member) arrived_[other.index()]->make_wait(stream_of(member));
    record_completion(member);
  }
}

void StreamProgram::call(const std::vector<OpId>& members, const Stamps* stamps) const {
  for (const OpId member : members) wait_for_dependencies(member);
  std::vector<const Stream*> streams;
  std::vector<Stamp*> marks;
  for (const OpId member : members) {
    streams.push_back(&stream_of(member));
    marks.push_back(stamps != nullptr ? stamps->at(member) : nullptr);
  }
  launcher_.call(members, streams, marks);
  for (const OpId member : members) record_completion(member);
}

void StreamProgram::wait_for_dependencies(OpId op) const {
  for (const OpId on : schedule_.waits_of(op)) completed_[on.index()]->make_wait(stream_of(op));
}

void StreamProgram::record_completion(OpId op) const {
  if (completed_[op.index()]) completed_[op.index()]->record(stream_of(op));
}

}  // namespace twinlink::realgpu
