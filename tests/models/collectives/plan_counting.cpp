#include "tests/models/collectives/plan_counting.h"

#include <algorithm>

namespace twinlink::models::test {
namespace {

bool is_remote(const Plan& plan, OpId id, const Slice& slice) {
  return plan.buffer(slice.buffer).rank != plan.rank_of(id);
}

std::int64_t applications(const Plan& plan, OpId id) {
  const OpKind kind = plan.op(id).kind;
  if (kind != OpKind::reduce && kind != OpKind::scan_reduce) return 0;
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

// A sum in the switch: once out of every member, once into the reducer. A multicast: once out of
// the storer, once into every destination.
void add_in_switch(const Plan& plan, Traffic& traffic, OpId id) {
  const auto owner = [&](const Slice& s) { return plan.buffer(s.buffer).rank.index(); };
  const std::size_t here = plan.rank_of(id).index();
  const bool reduces = plan.op(id).kind == OpKind::multimem_reduce;
  const bool multicasts = !reduces || plan.destinations(id).size() > 1;
  const std::int64_t size = plan.destinations(id).front().size.count;
  for (const Slice& s : plan.sources(id)) {
    traffic.messages += is_remote(plan, id, s) ? 1 : 0;
    if (reduces) traffic.out[owner(s)] += size;
  }
  for (const Slice& s : plan.destinations(id)) {
    traffic.messages += is_remote(plan, id, s) ? 1 : 0;
    if (multicasts) traffic.in[owner(s)] += size;
  }
  if (reduces) traffic.in[here] += size;
  if (multicasts) traffic.out[here] += size;
}

Traffic traffic_of(const Plan& plan) {
  const std::size_t ranks = plan.gpu_of_rank.size();
  Traffic traffic{std::vector<std::int64_t>(ranks), std::vector<std::int64_t>(ranks)};
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpKind kind = plan.ops[i].kind;
    if (kind == OpKind::multimem_reduce || kind == OpKind::multimem_store) {
      add_in_switch(plan, traffic, OpId{i});
      continue;
    }
    for (const Slice& s : plan.sources(OpId{i})) add_transfer(plan, traffic, s, OpId{i}, true);
    for (const Slice& s : plan.destinations(OpId{i}))
      add_transfer(plan, traffic, s, OpId{i}, false);
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

double most_combined(const Plan& plan) {
  std::vector<double> combined(plan.gpu_of_rank.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (applications(plan, OpId{i}) > 0)
      combined[plan.rank_of(OpId{i}).index()] += static_cast<double>(
          applications(plan, OpId{i}) * plan.destinations(OpId{i}).front().size.count);
  return *std::max_element(combined.begin(), combined.end());
}

double longest_chain(const Plan& plan, const AlphaBetaGamma& costs) {
  return Chains(plan, {costs.alpha, costs.beta, 0, costs.gamma}).longest();
}

}  // namespace twinlink::models::test
