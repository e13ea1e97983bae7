#include "models/workloads/dep.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/plan/plan_builder.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

// Elements of two bytes: every slice is a whole number of them.
Bytes even_bytes(double bytes) { return {2 * std::llround(bytes / 2)}; }

// A part of a buffer is moved in whole grains, so that slices of many sizes have few borders.
constexpr std::int64_t kGrains = 64;

Bytes whole_grains(double bytes, std::int64_t grain) {
  return {grain * std::llround(bytes / static_cast<double>(grain))};
}

class GroupPlan {
 public:
  GroupPlan(PlanBuilder& builder, const DepRequest& request);
  void forward(std::size_t index);

 private:
  struct Member {
    LaneId stream;
    BufferId tokens;    // quantised rows to be sent, by destination
    BufferId received;  // by source
    BufferId results;   // of the experts, by source of the token
    BufferId returned;  // by the rank that gave them
  };
  struct Layer {
    const std::vector<Batch>& batches;
    const std::vector<double>& shares;
  };
  [[nodiscard]] std::size_t ranks() const { return members_.size(); }
  [[nodiscard]] double rows(const Layer& layer, std::size_t from, std::size_t to) const;
  [[nodiscard]] Slice part(BufferId buffer, std::size_t index, Bytes size) const;
  void compute(std::size_t r, const std::vector<Compute>& stages);
  void meet();
  void moe(const Layer& layer);
  void dispatch(const Layer& layer);
  void experts(const Layer& layer);
  void combine(const Layer& layer);
  [[nodiscard]] Bytes sent(const Layer& layer, std::size_t from, std::size_t to) const;
  [[nodiscard]] Bytes given(const Layer& layer, std::size_t token, std::size_t expert) const;

  PlanBuilder& builder_;
  const DepRequest& request_;
  GroupId group_;
  std::vector<Member> members_;
  double row_out_, row_back_;  // bytes on the wire
  std::int64_t grain_out_, grain_back_;
};

std::int64_t most_tokens(const DepRequest& request) {
  std::int64_t most = 0;
  for (const auto& batches : request.forwards)
    for (const Batch& batch : batches) most = std::max(most, batch.tokens());
  return most;
}

GroupPlan::GroupPlan(PlanBuilder& builder, const DepRequest& request)
    : builder_(builder),
      request_(request),
      row_back_(static_cast<double>(bf16_row(request.shape).count) * request.wire) {
  const Bytes row =
      request.quantised_dispatch ? quantised_row(request.shape) : bf16_row(request.shape);
  row_out_ = static_cast<double>(row.count) * request.wire;
  std::vector<Rank> ranks;
  for (std::int32_t r = 0; r < request.ranks(); ++r) ranks.push_back(Rank{r});
  group_ = builder.add_group(ranks);
  const auto most = static_cast<double>(most_tokens(request));
  grain_out_ = std::max<std::int64_t>(2, even_bytes(most * row_out_ / kGrains).count);
  grain_back_ = std::max<std::int64_t>(2, even_bytes(most * row_back_ / kGrains).count);
  const Bytes out{grain_out_ * (kGrains + 1) * request.ranks()};
  const Bytes back{grain_back_ * (kGrains + 1) * request.ranks()};
  const LaneShape shape{.ctas = 148, .threads = 512};
  for (const Rank r : ranks) {
    const auto scratch = [&](const char* name, Bytes size) {
      return builder.add_buffer({r, BufferRole::scratch, ElementType::bf16, size, name});
    };
    const KernelId kernel = builder.add_kernel({r, request.launch, "forward"});
    members_.push_back({builder.add_sm_lane(kernel, shape), scratch("tokens", out),
                        scratch("received", out), scratch("results", back),
                        scratch("returned", back)});
  }
}

// Tokens of `from` that need an expert of `to`.
double GroupPlan::rows(const Layer& layer, std::size_t from, std::size_t to) const {
  const TransformerShape& shape = request_.shape;
  return static_cast<double>(layer.batches[from].tokens()) *
         reach_probability(layer.shares[to], shape.routed, shape.top_k);
}

Bytes GroupPlan::sent(const Layer& layer, std::size_t from, std::size_t to) const {
  return whole_grains(rows(layer, from, to) * row_out_, grain_out_);
}

Bytes GroupPlan::given(const Layer& layer, std::size_t token, std::size_t expert) const {
  return whole_grains(rows(layer, token, expert) * row_back_, grain_back_);
}

// Each peer's part begins at its share of the buffer.
Slice GroupPlan::part(BufferId buffer, std::size_t index, Bytes size) const {
  const std::int64_t whole = builder_.plan().buffer(buffer).size.count;
  const std::int64_t step = whole / static_cast<std::int64_t>(ranks());
  return {buffer, 0, Bytes{step * static_cast<std::int64_t>(index)}, size};
}

void GroupPlan::compute(std::size_t r, const std::vector<Compute>& stages) {
  for (const Compute& stage : stages) builder_.compute(members_[r].stream, stage, {}, {}, {});
}

void GroupPlan::meet() {
  if (ranks() == 1) return;
  const std::uint32_t id = builder_.add_rendezvous({group_, Edge::flag_fenced});
  for (const Member& member : members_) builder_.barrier(member.stream, id, {});
}

void GroupPlan::dispatch(const Layer& layer) {
  for (std::size_t r = 0; r < ranks(); ++r) {
    const std::vector<Compute> stages = router_stages(request_.shape, layer.batches[r]);
    std::vector<Slice> from, to;
    for (std::size_t k = 1; k < ranks(); ++k) {
      const std::size_t peer = (r + k) % ranks();
      from.push_back(part(members_[r].tokens, peer, sent(layer, r, peer)));
      to.push_back(part(members_[peer].received, r, sent(layer, r, peer)));
    }
    for (const Compute& stage : stages) builder_.compute(members_[r].stream, stage, {}, from, {});
    if (!from.empty()) builder_.copy(members_[r].stream, from, to, {});
  }
}

void GroupPlan::experts(const Layer& layer) {
  const TransformerShape& shape = request_.shape;
  double pairs = 0;
  for (const Batch& batch : layer.batches)
    pairs += static_cast<double>(batch.tokens() * shape.top_k);
  for (std::size_t r = 0; r < ranks(); ++r) {
    const Share own = share(static_cast<std::int64_t>(r), request_.ranks(), shape.routed);
    const std::vector<Compute> stages = expert_stages(shape, {pairs * layer.shares[r], own.count});
    std::vector<Slice> read, written;
    for (std::size_t k = 1; k < ranks(); ++k) {
      const std::size_t peer = (r + k) % ranks();
      read.push_back(part(members_[r].received, peer, sent(layer, peer, r)));
      written.push_back(part(members_[r].results, peer, given(layer, peer, r)));
    }
    builder_.compute(members_[r].stream, stages.front(), read, {}, {});
    for (std::size_t i = 1; i < stages.size(); ++i)
      builder_.compute(members_[r].stream, stages[i], {}, written, {});
  }
}

void GroupPlan::combine(const Layer& layer) {
  for (std::size_t r = 0; r < ranks(); ++r) {
    std::vector<Slice> from, to;
    for (std::size_t k = 1; k < ranks(); ++k) {
      const std::size_t peer = (r + k) % ranks();
      from.push_back(part(members_[peer].results, r, given(layer, r, peer)));
      to.push_back(part(members_[r].returned, peer, given(layer, r, peer)));
    }
    if (!from.empty()) builder_.copy(members_[r].stream, from, to, {});
    compute(r, finalise_stages(request_.shape, layer.batches[r]));
  }
}

void GroupPlan::moe(const Layer& layer) {
  dispatch(layer);
  meet();  // tail of dispatch
  experts(layer);
  meet();  // head of combine
  combine(layer);
}

void GroupPlan::forward(std::size_t index) {
  const TransformerShape& shape = request_.shape;
  const std::vector<Batch>& batches = request_.forwards[index];
  const auto moe_layers = static_cast<std::size_t>(shape.moe_layers());
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    for (std::size_t r = 0; r < ranks(); ++r) compute(r, attention_stages(shape, batches[r]));
    const std::int64_t m = layer - shape.dense_layers;
    if (m >= 0) {
      moe({batches, request_.loads[index * moe_layers + static_cast<std::size_t>(m)]});
      continue;
    }
    for (std::size_t r = 0; r < ranks(); ++r) compute(r, dense_stages(shape, batches[r]));
  }
  meet();
  if (request_.host.ps <= 0) return;
  const Compute host{"host", 0, {}, WorkKind::plain, Precision::bf16, request_.host};
  for (std::size_t r = 0; r < ranks(); ++r) compute(r, {host});
}

void check_counts(const DepRequest& request, std::vector<InputIssue>& issues) {
  const auto ranks = request.gpu_of_rank.size();
  const auto refuse = [&](const char* pointer, const std::string& message) {
    issues.push_back({pointer, message, {}, 0, 0});
  };
  if (request.forwards.empty()) refuse("/forwards", "no forward is given");
  for (const auto& batches : request.forwards)
    if (batches.size() != ranks) return refuse("/forwards", "one batch per rank is needed");
  const std::size_t layers =
      request.forwards.size() * static_cast<std::size_t>(request.shape.moe_layers());
  if (request.loads.size() != layers)
    return refuse("/loads",
                  "one load vector per forward and MoE layer is needed: " + std::to_string(layers) +
                      ", not " + std::to_string(request.loads.size()));
  for (const auto& shares : request.loads)
    if (shares.size() != ranks) return refuse("/loads", "one share per rank is needed");
}

}  // namespace

Bytes dep_memory(const DepRequest& request) {
  const std::int64_t most = share(0, request.ranks(), request.shape.routed).count;
  return replicated_bytes(request.shape) +
         expert_bytes(request.shape) * most * request.shape.moe_layers();
}

void check_dep(const DepRequest& request) {
  check_shape(request.shape);
  if (request.ranks() < 1) throw InputError("a group has at least one rank", "/group");
  std::vector<InputIssue> issues;
  if (request.shape.routed < request.ranks())
    issues.push_back({"/group",
                      std::to_string(request.shape.routed) + " experts cannot be shared out over " +
                          std::to_string(request.ranks()) + " ranks",
                      {},
                      0,
                      0});
  if (!(request.wire >= 1))
    issues.push_back({"/a2a_wire", "at least one byte moves per byte", {}, 0, 0});
  check_counts(request, issues);
  const Bytes need = dep_memory(request);
  if (issues.empty() && request.hbm_capacity.count > 0 && request.hbm_capacity < need)
    issues.push_back({"/hbm_capacity",
                      "weights of " + std::to_string(need.count) + " bytes per rank (" +
                          std::to_string(replicated_bytes(request.shape).count) +
                          " replicated) do not fit in " +
                          std::to_string(request.hbm_capacity.count),
                      {},
                      0,
                      0});
  if (!issues.empty()) throw InputError(std::move(issues));
}

Plan build_dep(const DepRequest& request) {
  check_dep(request);
  PlanBuilder builder("dep", request.gpu_of_rank);
  GroupPlan group(builder, request);
  for (std::size_t f = 0; f < request.forwards.size(); ++f) group.forward(f);
  return builder.finish();
}

}  // namespace twinlink::models
