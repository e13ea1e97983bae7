#include "models/collectives/scan_decay_horizon.h"

#include <cmath>

#include "models/collectives/scan_group.h"
#include "models/definition.h"

namespace twinlink::models {
namespace {

// Neighbouring heads that look back equally far.
struct HeadRun {
  std::int64_t horizon;
  Share elements;
};

double unit_roundoff(ElementType element) {
  switch (element) {
    case ElementType::fp32: return std::ldexp(1.0, -24);
    case ElementType::fp64: return std::ldexp(1.0, -53);
    case ElementType::bf16: return std::ldexp(1.0, -8);
    case ElementType::fp16: return std::ldexp(1.0, -11);
    case ElementType::u32: return 0;  // exact: nothing may be left out
  }
  return 0;
}

std::int32_t horizon_of(const CollectiveRequest& request, std::int32_t head, std::int64_t members) {
  const auto h = static_cast<std::size_t>(head);
  const double decay = h < request.decays.size() ? request.decays[h] : 1;
  const auto shortest = std::min_element(request.lengths.begin(), request.lengths.end());
  const double per_member =
      shortest == request.lengths.end() ? decay : std::pow(decay, static_cast<double>(*shortest));
  const double error =
      request.horizon_error > 0 ? request.horizon_error : unit_roundoff(request.element);
  return decay_horizon(per_member, error, members);
}

// Runs that have elements.
std::vector<HeadRun> head_runs(const CollectiveRequest& request, std::int64_t members) {
  std::vector<HeadRun> runs;
  const std::int64_t n = elements_of(request);
  for (std::int32_t h = 0; h < request.heads && n > 0; ++h) {
    const std::int64_t begin = head_begin(h, n, request.heads);
    const std::int64_t count = head_begin(h + 1, n, request.heads) - begin;
    const std::int64_t horizon = horizon_of(request, h, members);
    if (count == 0) continue;
    if (!runs.empty() && runs.back().horizon == horizon)
      runs.back().elements.count += count;
    else
      runs.push_back({horizon, {begin, count}});
  }
  return runs;
}

bool inclusive(const CollectiveRequest& request) { return request.operation == Operation::scan; }

class DecayHorizon {
 public:
  DecayHorizon(PlanBuilder& builder, const CollectiveRequest& request,
               const std::vector<Rank>& group)
      : builder_(builder),
        request_(request),
        runs_(head_runs(request, static_cast<std::int64_t>(group.size()))) {
    std::vector<std::int32_t> horizons;
    for (std::int32_t h = 0; h < request.heads; ++h)
      horizons.push_back(horizon_of(request, h, static_cast<std::int64_t>(group.size())));
    GroupFrame frame = add_group_frame(builder, request, group, std::move(horizons));
    at_ = std::move(frame.members);
    if (request.suffix) std::reverse(at_.begin(), at_.end());
    add_lanes();
  }

  void build() {
    for (std::size_t p = 0; has_local_work(request_) && p < at_.size(); ++p)
      work_.push_back(builder_.compute(lanes_[p].front(), request_.local_work, {}, {}, {}));
    for (std::size_t p = 0; p < at_.size(); ++p)
      for (std::size_t run = 0; run < runs_.size(); ++run) fold(p, run);
  }

 private:
  void add_lanes() {
    const auto lanes = static_cast<std::int32_t>(std::max<std::size_t>(runs_.size(), 1));
    LaneShape shape = request_.shape;
    shape.ctas = std::max(1, shape.ctas / lanes);
    for (const Member& member : at_) {
      lanes_.emplace_back();
      for (std::int32_t i = 0; i < lanes; ++i)
        lanes_.back().push_back(builder_.add_sm_lane(member.kernel, shape));
    }
  }

  [[nodiscard]] Slice part(BufferId buffer, const HeadRun& run, std::int64_t power) const {
    Slice slice = slice_of(buffer, run.elements, size_of(request_.element));
    slice.decay_power = static_cast<std::int32_t>(power);
    return slice;
  }

  void fold(std::size_t p, std::size_t run) {
    const auto back = std::min(static_cast<std::size_t>(runs_[run].horizon), p);
    const std::size_t end = p + (inclusive(request_) ? 1 : 0);
    sources_.clear();
    deps_.clear();
    std::int64_t later = 0;
    for (std::size_t j = p - back; j < end; ++j) later += length_of(request_, at_[j].rank);
    for (std::size_t j = p - back; j < end; ++j) {
      later -= length_of(request_, at_[j].rank);
      sources_.push_back(part(at_[j].input, runs_[run], later));
      if (!work_.empty() && (j != p || run > 0)) deps_.push_back(dep(work_[j]));
    }
    const Slice to = part(at_[p].output, runs_[run], 0);
    builder_.reduce(lanes_[p][run], Operator::decay_sum, sources_, std::span(&to, 1), deps_);
  }

  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  std::vector<HeadRun> runs_;
  std::vector<Member> at_;                  // by position
  std::vector<std::vector<LaneId>> lanes_;  // by position and run
  std::vector<OpId> work_;                  // by position, if there is local work
  std::vector<Slice> sources_;              // of the op being made
  std::vector<Dep> deps_;                   // likewise
};

// What the last position reads, which is what is read of the first.
struct LastPosition {
  std::int64_t bytes = 0, applications = 0, applied_bytes = 0;
};

LastPosition last_position(const CollectiveRequest& request, std::int64_t members) {
  LastPosition last;
  for (const HeadRun& run : head_runs(request, members)) {
    const std::int64_t back = std::min(run.horizon, members - 1);
    const std::int64_t folds = std::max<std::int64_t>(back - (inclusive(request) ? 0 : 1), 0);
    const std::int64_t bytes = run.elements.count * size_of(request.element);
    last.bytes += back * bytes;
    last.applications = std::max(last.applications, folds);
    last.applied_bytes = std::max(last.applied_bytes, folds * bytes);
  }
  return last;
}

}  // namespace

std::int32_t decay_horizon(double decay, double error, std::int64_t members) {
  const auto most = static_cast<std::int32_t>(members);
  if (decay <= 0) return 1;
  if (decay >= 1 || error <= 0) return most;
  // The tolerance keeps whole quotients whole.
  const double exact = std::ceil(std::log(error) / std::log(decay) - 1e-9);
  return exact >= most ? most : std::max(1, static_cast<std::int32_t>(exact));
}

Plan build_scan_decay_horizon(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "decay_horizon");
  builder.reserve_ops(plan_size_scan_decay_horizon(request));
  for (const std::vector<Rank>& group : groups_of(request))
    DecayHorizon(builder, request, group).build();
  return builder.finish();
}

AlgorithmCounts counts_scan_decay_horizon(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    std::int64_t messages = 0;
    for (const HeadRun& run : head_runs(request, members)) {
      // Position p reads min(H, p) others: H each, less what the first H positions lack.
      const std::int64_t back = std::min(run.horizon, members - 1);
      messages += back * (members - 1) - back * (back - 1) / 2;
    }
    const LastPosition last = last_position(request, members);
    return {messages > 0 ? 1 : 0, messages, {last.bytes}, {last.bytes}, last.applications};
  });
}

double closed_form_scan_decay_horizon(const CollectiveRequest& request,
                                      const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const LastPosition last = last_position(request, members);
    return (last.bytes > 0 ? costs.alpha : 0) + static_cast<double>(last.bytes) * costs.beta +
           static_cast<double>(last.applied_bytes) * costs.gamma;
  });
}

OpCounts plan_size_scan_decay_horizon(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) -> OpCounts {
    OpCounts counts{has_local_work(request) ? members : 0, 0, 0};
    for (const HeadRun& run : head_runs(request, static_cast<std::int64_t>(members))) {
      const auto sources = static_cast<std::size_t>(run.horizon) + 1;
      counts.ops += members;
      counts.slices += members * (sources + 1);
      if (has_local_work(request)) counts.deps += members * sources;
    }
    return counts;
  });
}

}  // namespace twinlink::models
