#include "tests/models/collectives/plan_counting.h"

#include <algorithm>

namespace twinlink::models::test {
namespace {

bool is_remote(const Plan& plan, OpId id, const Slice& slice) {
  return plan.buffer(slice.buffer).rank != plan.rank_of(id);
}

std::int64_t applications(const Plan& plan, OpId id) {
  if (plan.op(id).kind != OpKind::reduce) return 0;
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(plan.op(id).sources) - 1);
}

// What one op weighs, in messages, remote bytes and applied bytes.
struct Weights {
  double alpha, beta, application, gamma;
};

double weight(const Plan& plan, OpId id, const Weights& w) {
  bool any = false;
  double bytes = 0;
  const auto add = [&](const Slice& slice) {
    if (!is_remote(plan, id, slice)) return;
    any = true;
    bytes += static_cast<double>(slice.size.count);
  };
  for (const Slice& slice : plan.sources(id)) add(slice);
  for (const Slice& slice : plan.destinations(id)) add(slice);
  const auto applied = static_cast<double>(applications(plan, id));
  const double result = plan.destinations(id).empty()
                            ? 0
                            : static_cast<double>(plan.destinations(id).front().size.count);
  return (any ? w.alpha : 0) + bytes * w.beta + applied * (w.application + result * w.gamma);
}

// Longest chain of weights. Members of a rendezvous must be appended one after the other.
class Chains {
 public:
  Chains(const Plan& plan, const Weights& weights)
      : plan_(plan),
        weights_(weights),
        end_(plan.ops.size()),
        meeting_(plan.rendezvous.size()),
        last_(plan.lanes.size()) {}

  double longest() {
    double longest = 0;
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) longest = std::max(longest, visit(OpId{i}));
    return longest;
  }

 private:
  double visit(OpId id) {
    const Op& op = plan_.op(id);
    double start = 0;
    if (last_[op.lane.index()].valid()) start = end_of(last_[op.lane.index()]);
    for (const Dep& d : plan_.deps_of(id)) start = std::max(start, end_of(d.id()));
    last_[op.lane.index()] = id;
    end_[id.index()] = start + weight(plan_, id, weights_);
    if (op.kind == OpKind::barrier)
      meeting_[op.detail] = std::max(meeting_[op.detail], end_[id.index()]);
    return end_[id.index()];
  }
  [[nodiscard]] double end_of(OpId id) const {
    const Op& op = plan_.op(id);
    return op.kind == OpKind::barrier ? meeting_[op.detail] : end_[id.index()];
  }

  const Plan& plan_;
  Weights weights_;
  std::vector<double> end_, meeting_;
  std::vector<OpId> last_;  // by lane
};

bool is_in_switch(const Plan& plan, OpId id, bool is_source) {
  const OpKind kind = plan.op(id).kind;
  if (is_source) return kind == OpKind::multimem_reduce;
  return kind == OpKind::multimem_store ||
         (kind == OpKind::multimem_reduce && plan.destinations(id).size() > 1);
}

struct Traffic {
  std::vector<std::int64_t> in, out;
  std::int64_t messages = 0;
};

void add_transfer(const Plan& plan, Traffic& traffic, const Slice& slice, OpId id, bool is_source) {
  if (!is_remote(plan, id, slice)) return;
  const std::size_t here = plan.rank_of(id).index();
  const std::size_t there = plan.buffer(slice.buffer).rank.index();
  ++traffic.messages;
  traffic.in[is_source ? here : there] += slice.size.count;
  traffic.out[is_source ? there : here] += slice.size.count;
}

// A sum in the switch leaves every source's rank, the own one too, and arrives once; a multicast
// leaves once and arrives at every destination's.
void add_in_switch(const Plan& plan, Traffic& traffic, OpId id, bool is_source) {
  const std::size_t home = plan.rank_of(id).index();
  const auto slices = is_source ? plan.sources(id) : plan.destinations(id);
  if (slices.empty()) return;
  (is_source ? traffic.in : traffic.out)[home] += slices.front().size.count;
  for (const Slice& slice : slices) {
    const std::size_t there = plan.buffer(slice.buffer).rank.index();
    (is_source ? traffic.out : traffic.in)[there] += slice.size.count;
    if (there != home) ++traffic.messages;
  }
}

void add_slices(const Plan& plan, Traffic& traffic, OpId id, bool is_source) {
  if (is_in_switch(plan, id, is_source)) return add_in_switch(plan, traffic, id, is_source);
  for (const Slice& s : is_source ? plan.sources(id) : plan.destinations(id))
    add_transfer(plan, traffic, s, id, is_source);
}

Traffic traffic_of(const Plan& plan) {
  const std::size_t ranks = plan.gpu_of_rank.size();
  Traffic traffic{std::vector<std::int64_t>(ranks), std::vector<std::int64_t>(ranks)};
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    add_slices(plan, traffic, OpId{i}, true);
    add_slices(plan, traffic, OpId{i}, false);
  }
  return traffic;
}

}  // namespace

AlgorithmCounts count(const Plan& plan) {
  const Traffic traffic = traffic_of(plan);
  AlgorithmCounts counts;
  counts.rounds = static_cast<std::int64_t>(Chains(plan, {1, 0, 0, 0}).longest());
  counts.messages = traffic.messages;
  counts.bytes_in = {*std::max_element(traffic.in.begin(), traffic.in.end())};
  counts.bytes_out = {*std::max_element(traffic.out.begin(), traffic.out.end())};
  counts.applications = static_cast<std::int64_t>(Chains(plan, {0, 0, 1, 0}).longest());
  return counts;
}

double longest_chain(const Plan& plan, const AlphaBetaGamma& costs) {
  return Chains(plan, {costs.alpha, costs.beta, 0, costs.gamma}).longest();
}

}  // namespace twinlink::models::test
