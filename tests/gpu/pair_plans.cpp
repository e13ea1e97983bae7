#include "tests/gpu/pair_plans.h"

#include "models/collectives/group_frame.h"

namespace twinlink::testing {
namespace {

using models::Edge;
using models::GroupFrame;
using models::PlanBuilder;
using models::Slice;

models::CollectiveRequest as_collective(const PushRequest& request) {
  models::CollectiveRequest wanted;
  wanted.gpu_of_rank = request.gpu_of_rank;
  wanted.bytes = request.bytes;
  wanted.element = request.element;
  wanted.shape = request.shape;
  wanted.launch = request.launch;
  return wanted;
}

class Pushing {
 public:
  Pushing(const PushRequest& request, const std::string& name)
      : request_(as_collective(request)),
        edge_(request.edge),
        builder_(models::start_plan(request_, name)) {
    frame_ = add_group_frame(builder_, request_, models::groups_of(request_).front());
    add_lanes(builder_, request_, frame_);
  }

  models::Plan one_shot() {
    add_scratches(request_.bytes);
    std::vector<OpId> pushed;
    for (std::size_t r = 0; r < size(); ++r) pushed.push_back(push_input(r));
    for (std::size_t r = 0; r < size(); ++r) fold_arrivals(r, pushed);
    return builder_.finish();
  }

  models::Plan two_shot() {
    deal_shares();
    add_scratches(shares_.front().size);
    for (std::size_t r = 0; r < size(); ++r) push_shares(r);
    const std::uint32_t meeting = builder_.add_rendezvous({frame_.id, Edge::flag_fenced});
    for (std::size_t r = 0; r < size(); ++r) builder_.barrier(frame_.members[r].lane, meeting, {});
    for (std::size_t r = 0; r < size(); ++r) fold_share(r);
    return builder_.finish();
  }

  models::Plan two_shot_copies() {
    deal_shares();
    const std::uint32_t meeting = builder_.add_rendezvous({frame_.id, Edge::flag_relaxed});
    for (std::size_t r = 0; r < size(); ++r) builder_.barrier(frame_.members[r].lane, meeting, {});
    std::vector<OpId> copied;
    for (std::size_t r = 0; r < size(); ++r) copied.push_back(fold_and_copy(r));
    for (std::size_t r = 0; r < size(); ++r) await_copies(r, copied);
    return builder_.finish();
  }

 private:
  [[nodiscard]] std::size_t size() const { return frame_.size(); }

  void deal_shares() {
    const auto parts = static_cast<std::int64_t>(size());
    for (std::int64_t i = 0; i < parts; ++i)
      shares_.push_back(models::slice_of({}, models::share(i, parts, models::elements_of(request_)),
                                         size_of(request_.element)));
  }

  OpId fold_and_copy(std::size_t r) {
    std::vector<Slice> inputs, outputs;
    for (std::size_t s = 0; s < size(); ++s) inputs.push_back(part(frame_.members[s].input, r));
    for (std::size_t k = 1; k < size(); ++k)
      outputs.push_back(part(frame_.members[(r + k) % size()].output, r));
    const models::Member& member = frame_.members[r];
    const Slice own = part(member.output, r);
    const models::Dep folded = models::dep(
        builder_.reduce(member.lane, models::Operator::sum, inputs, std::span(&own, 1), {}),
        Edge::stream_memory);
    const LaneId lane = builder_.add_copy_lane(member.rank, 0, request_.launch);
    return builder_.copy(lane, std::span(&own, 1), outputs, std::span(&folded, 1));
  }

  void await_copies(std::size_t r, const std::vector<OpId>& copied) {
    std::vector<models::Dep> deps;
    for (std::size_t s = 0; s < size(); ++s)
      if (s != r) deps.push_back(models::dep(copied[s], Edge::stream_memory));
    const Slice nothing{frame_.members[r].output, 0, {}, {}};
    builder_.copy(frame_.members[r].lane, nothing, nothing, deps);
  }

  // scratch_[r][s]: on rank r, for what comes from rank s.
  void add_scratches(Bytes bytes) {
    scratch_.resize(size(), std::vector<BufferId>(size()));
    for (std::size_t r = 0; r < size(); ++r)
      for (std::size_t s = 0; s < size(); ++s)
        if (r != s)
          scratch_[r][s] =
              builder_.add_buffer({frame_.members[r].rank, models::BufferRole::scratch,
                                   request_.element, bytes, "from " + std::to_string(s)});
  }

  OpId push_input(std::size_t r) {
    const Slice source{frame_.members[r].input, 0, {}, request_.bytes};
    std::vector<Slice> destinations;
    for (std::size_t distance = 1; distance < size(); ++distance)
      destinations.push_back({scratch_[(r + distance) % size()][r], 0, {}, request_.bytes});
    return builder_.copy(frame_.members[r].lane, std::span(&source, 1), destinations, {});
  }

  void fold_arrivals(std::size_t r, const std::vector<OpId>& pushed) {
    std::vector<Slice> sources;
    std::vector<models::Dep> deps;
    for (std::size_t s = 0; s < size(); ++s) {
      sources.push_back({s == r ? frame_.members[r].input : scratch_[r][s], 0, {}, request_.bytes});
      if (s != r) deps.push_back(models::dep(pushed[s], edge_));
    }
    const Slice destination{frame_.members[r].output, 0, {}, request_.bytes};
    builder_.reduce(frame_.members[r].lane, models::Operator::sum, sources,
                    std::span(&destination, 1), deps);
  }

  [[nodiscard]] Slice part(BufferId buffer, std::size_t share) const {
    return {buffer, 0, shares_[share].offset, shares_[share].size};
  }

  void push_shares(std::size_t r) {
    std::vector<Slice> sources, destinations;
    for (std::size_t distance = 1; distance < size(); ++distance) {
      const std::size_t to = (r + distance) % size();
      sources.push_back(part(frame_.members[r].input, to));
      destinations.push_back({scratch_[to][r], 0, {}, shares_[to].size});
    }
    builder_.copy(frame_.members[r].lane, sources, destinations, {});
  }

  void fold_share(std::size_t r) {
    std::vector<Slice> sources, destinations;
    for (std::size_t s = 0; s < size(); ++s) {
      sources.push_back(s == r ? part(frame_.members[r].input, r)
                               : Slice{scratch_[r][s], 0, {}, shares_[r].size});
      destinations.push_back(part(frame_.members[s].output, r));
    }
    builder_.reduce(frame_.members[r].lane, models::Operator::sum, sources, destinations, {});
  }

  models::CollectiveRequest request_;
  Edge edge_;
  PlanBuilder builder_;
  GroupFrame frame_;
  std::vector<Slice> shares_;  // offset and size
  std::vector<std::vector<BufferId>> scratch_;
};

}  // namespace

models::Plan one_shot_push(const PushRequest& request) {
  return Pushing(request, "one_shot_push").one_shot();
}

models::Plan two_shot_push(const PushRequest& request) {
  return Pushing(request, "two_shot_push").two_shot();
}

models::Plan two_shot_copies(const PushRequest& request) {
  return Pushing(request, "two_shot_copies").two_shot_copies();
}

models::Plan transpose_exscan(const models::CollectiveRequest& request) {
  PlanBuilder builder = models::start_plan(request, "transpose");
  GroupFrame frame = add_group_frame(builder, request, models::groups_of(request).front());
  add_lanes(builder, request, frame);
  const std::uint32_t meeting = builder.add_rendezvous({frame.id, Edge::flag_relaxed});
  for (const models::Member& member : frame.members) builder.barrier(member.lane, meeting, {});
  const auto parts = static_cast<std::int64_t>(frame.size());
  for (std::int64_t i = 0; i < parts; ++i) {
    const Slice part = models::slice_of({}, models::share(i, parts, models::elements_of(request)),
                                        size_of(request.element));
    std::vector<Slice> sources, destinations;
    for (const models::Member& member : frame.members) {
      sources.push_back({member.input, 1, part.offset, part.size});
      destinations.push_back({member.output, 0, part.offset, part.size});
    }
    sources.pop_back();  // nobody comes after the last member
    builder.scan_reduce(frame.members[static_cast<std::size_t>(i)].lane,
                        models::Operator::decay_sum, sources, destinations, {});
  }
  return builder.finish();
}

}  // namespace twinlink::testing
