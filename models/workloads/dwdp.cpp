#include "models/workloads/dwdp.h"

#include <algorithm>
#include <cmath>

#include "models/plan/plan_builder.h"

namespace twinlink::models {
namespace {

// Where tensors lie: in a rank's own store, layer by layer, and in a slot, peer by peer.
class Layout {
 public:
  explicit Layout(const DwdpRequest& request) : placement_(request.placement) {
    for (const ExpertTensor& tensor : expert_tensors(request.shape)) {
      before_.push_back(expert_);
      size_.push_back(tensor.bytes.count);
      expert_ += tensor.bytes.count;
    }
  }

  [[nodiscard]] std::vector<std::int64_t> pulled_tensors() const {
    std::vector<std::int64_t> bytes;
    for (const std::int64_t size : size_) bytes.push_back(size * placement_.prefetch);
    return bytes;
  }
  [[nodiscard]] Bytes layer() const { return {expert_ * placement_.local}; }
  [[nodiscard]] Bytes pulled(std::int64_t peers) const {
    return {expert_ * placement_.prefetch * peers};
  }
  [[nodiscard]] std::size_t tensors() const { return size_.size(); }
  // Of `experts` experts that lie together from `first` on: where their tensor t begins.
  [[nodiscard]] Bytes tensor_at(std::int64_t first, std::size_t t, std::int64_t experts) const {
    return {first + before_[t] * experts};
  }
  [[nodiscard]] Bytes tensor(std::size_t t, std::int64_t experts) const {
    return {size_[t] * experts};
  }
  // Of a pull, at the peer: within the layer's experts from `first` on.
  [[nodiscard]] Bytes at_source(std::int64_t layer, std::int64_t first, const Pull& pull) const {
    const auto t = static_cast<std::size_t>(pull.tensor);
    return {expert_ * placement_.local * layer + before_[t] * placement_.local + first * size_[t] +
            pull.offset};
  }
  // Of a pull, in the slot; `place`: which of the peers it is.
  [[nodiscard]] Bytes in_slot(std::int64_t place, const Pull& pull) const {
    const auto t = static_cast<std::size_t>(pull.tensor);
    return {(expert_ * place + before_[t]) * placement_.prefetch + pull.offset};
  }

 private:
  ExpertPlacement placement_;
  std::vector<std::int64_t> before_, size_;  // bytes of one expert, by tensor
  std::int64_t expert_ = 0;
};

struct Stores {
  std::vector<BufferId> experts;  // by rank
};

class RankPlan {
 public:
  RankPlan(PlanBuilder& builder, const DwdpRequest& request, const Stores& stores,
           std::int32_t rank);
  void run();

 private:
  [[nodiscard]] bool pulls_any() const { return request_.placement.prefetch > 0 && peers_ > 0; }
  [[nodiscard]] std::size_t slot_of(std::int64_t m) const {
    return static_cast<std::size_t>(m % request_.pulls.buffers);
  }
  void wait_on_host(Duration time, const char* name);
  void forward(const Batch& batch);
  void attention(const Batch& batch);
  void moe(std::int64_t m, const Batch& batch);
  void merge_local(std::int64_t m);
  void pull(std::int64_t m);
  [[nodiscard]] std::vector<Dep> submitted();
  void compute(const std::vector<Compute>& stages);
  [[nodiscard]] Compute slowed(Compute work) const;
  void grouped_gemm(std::int64_t m, const std::vector<Compute>& stages);
  [[nodiscard]] Slice local_experts(std::int64_t m) const;
  struct Experts {
    Slice where;
    std::int64_t count;
  };
  [[nodiscard]] std::vector<Experts> experts_of(std::int64_t m) const;

  PlanBuilder& builder_;
  const DwdpRequest& request_;
  const Stores& stores_;
  std::int32_t rank_;
  std::int64_t peers_;
  Layout layout_;
  LaneId stream_, submit_;
  std::vector<LaneId> queues_;
  std::vector<BufferId> slots_;
  std::vector<std::vector<Dep>> landed_;  // by slot: what MoE waits for
  std::vector<Pull> pulls_;               // of a layer, where they are the same for all
  OpId last_;                             // on the compute stream
};

RankPlan::RankPlan(PlanBuilder& builder, const DwdpRequest& request, const Stores& stores,
                   std::int32_t rank)
    : builder_(builder),
      request_(request),
      stores_(stores),
      rank_(rank),
      peers_(request.ranks() - 1),
      layout_(request) {
  const LaneShape shape{.ctas = 1, .threads = 512};
  const Rank me{rank};
  stream_ = builder.add_sm_lane(builder.add_kernel({me, request.launch, "forward"}), shape);
  if (!pulls_any()) return;
  const PullRules& rules = request.pulls;
  if (rules.submit.ps > 0)
    submit_ = builder.add_sm_lane(builder.add_kernel({me, request.launch, "submit"}), shape);
  for (std::int32_t q = 0; q < rules.in_flight; ++q)
    queues_.push_back(builder.add_copy_lane(me, q, request.launch));
  const Bytes size = layout_.pulled(peers_) + (request.merge ? layout_.layer() : Bytes{});
  for (int s = 0; s < rules.buffers; ++s)
    slots_.push_back(builder.add_buffer(
        {me, BufferRole::scratch, ElementType::bf16, size, "slot" + std::to_string(s)}));
  landed_.resize(slots_.size());
  if (rules.order != PullOrder::random)
    pulls_ = pulls_of(rules, layout_.pulled_tensors(), request.ranks(), rank, 0);
}

void RankPlan::run() {
  if (!request_.delays.empty())
    wait_on_host(request_.delays[static_cast<std::size_t>(rank_)], "delay");
  for (std::size_t f = 0; f < request_.forwards.size(); ++f) {
    if (f > 0) wait_on_host(request_.host, "host");
    forward(request_.forwards[f][static_cast<std::size_t>(rank_)]);
  }
}

void RankPlan::wait_on_host(Duration time, const char* name) {
  if (time.ps <= 0) return;
  last_ =
      builder_.compute(stream_, {name, 0, {}, WorkKind::plain, Precision::bf16, time}, {}, {}, {});
}

void RankPlan::forward(const Batch& batch) {
  const TransformerShape& shape = request_.shape;
  const std::int64_t first = std::min<std::int64_t>(request_.pulls.depth, shape.moe_layers());
  if (pulls_any())
    for (std::int64_t m = 0; m < first; ++m) pull(m);
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    attention(batch);
    if (layer < shape.dense_layers)
      compute(dense_stages(shape, batch));
    else
      moe(layer - shape.dense_layers, batch);
  }
}

void RankPlan::attention(const Batch& batch) { compute(attention_stages(request_.shape, batch)); }

void RankPlan::moe(std::int64_t m, const Batch& batch) {
  const TransformerShape& shape = request_.shape;
  compute(router_stages(shape, batch));
  if (request_.merge && pulls_any()) merge_local(m);
  const auto pairs = static_cast<double>(batch.tokens() * shape.top_k);
  grouped_gemm(m, expert_stages(shape, {pairs, shape.routed}));
  const std::int64_t next = m + request_.pulls.depth;
  if (pulls_any() && next < shape.moe_layers()) pull(next);
  compute(finalise_stages(shape, batch));
}

// The local experts go beside those that have landed: read and written once.
void RankPlan::merge_local(std::int64_t m) {
  const Bytes size = layout_.layer();
  const Slice to{slots_[slot_of(m)], 0, layout_.pulled(peers_), size};
  const Slice from = local_experts(m);
  const Compute work{kMergeCopy, 0, size * 2, WorkKind::memory, Precision::bf16, {}};
  last_ =
      builder_.compute(stream_, work, std::span(&from, 1), std::span(&to, 1), landed_[slot_of(m)]);
}

Slice RankPlan::local_experts(std::int64_t m) const {
  return {stores_.experts[static_cast<std::size_t>(rank_)], 0, layout_.layer() * m,
          layout_.layer()};
}

// Where the experts of a layer lie together: the local ones (or their copy in the slot), then those
// of each peer.
std::vector<RankPlan::Experts> RankPlan::experts_of(std::int64_t m) const {
  const ExpertPlacement& p = request_.placement;
  if (!pulls_any()) return {{local_experts(m), p.local}};
  const BufferId slot = slots_[slot_of(m)];
  std::vector<Experts> all;
  all.push_back(
      {request_.merge ? Slice{slot, 0, layout_.pulled(peers_), layout_.layer()} : local_experts(m),
       p.local});
  for (std::int64_t peer = 0; peer < peers_; ++peer)
    all.push_back({{slot, 0, layout_.pulled(peer), layout_.pulled(1)}, p.prefetch});
  return all;
}

// The first op reads the experts where they are, tensor by tensor, each expert once.
void RankPlan::grouped_gemm(std::int64_t m, const std::vector<Compute>& stages) {
  std::vector<Slice> weights;
  const std::vector<Experts> blocks = experts_of(m);
  for (std::size_t t = 0; t < layout_.tensors(); ++t) {
    std::int64_t left = request_.shape.routed;
    for (const auto& [where, experts] : blocks) {
      const std::int64_t taken = std::min(left, experts);
      left -= taken;
      weights.push_back({where.buffer, 0, layout_.tensor_at(where.offset.count, t, experts),
                         layout_.tensor(t, taken)});
    }
  }
  const std::vector<Dep> deps = pulls_any() ? landed_[slot_of(m)] : std::vector<Dep>{};
  Compute work = slowed(stages.front());
  constexpr std::size_t kMatrices = 2;  // gate and up in one, down; then their scales
  work.weight_sources = static_cast<std::uint32_t>(kMatrices * blocks.size());
  last_ = builder_.compute(stream_, work, weights, {}, deps);
  compute({stages.begin() + 1, stages.end()});
}

void RankPlan::compute(const std::vector<Compute>& stages) {
  for (const Compute& stage : stages) last_ = builder_.compute(stream_, slowed(stage), {}, {}, {});
}

Compute RankPlan::slowed(Compute work) const {
  const double longer = 1 + request_.slower[static_cast<std::size_t>(work.work)];
  work.flops *= longer;
  if (work.work == WorkKind::memory)
    work.hbm_bytes = {std::llround(static_cast<double>(work.hbm_bytes.count) * longer)};
  return work;
}

// What the first copies of a layer wait for.
std::vector<Dep> RankPlan::submitted() {
  std::vector<Dep> gate;
  if (last_.valid()) gate.push_back(dep(last_, Edge::event));
  if (!submit_.valid()) return gate;
  const Compute work{"submit", 0, {}, WorkKind::plain, Precision::bf16, request_.pulls.submit};
  return {dep(builder_.compute(submit_, work, {}, {}, gate), Edge::event)};
}

void RankPlan::pull(std::int64_t m) {
  if (request_.pulls.order == PullOrder::random)
    pulls_ = pulls_of(request_.pulls, layout_.pulled_tensors(), request_.ranks(), rank_, m);
  const std::vector<Dep> gate = submitted();
  std::vector<OpId> last(queues_.size());
  for (std::size_t i = 0; i < pulls_.size(); ++i) {
    const Pull& p = pulls_[i];
    const std::size_t q = i % queues_.size();
    const std::int64_t first = first_pulled(request_.placement, rank_, p.peer);
    const std::int64_t place = p.peer < rank_ ? p.peer : p.peer - 1;
    const Slice from{stores_.experts[static_cast<std::size_t>(p.peer)], 0,
                     layout_.at_source(m, first, p), Bytes{p.bytes}};
    const Slice to{slots_[slot_of(m)], 0, layout_.in_slot(place, p), Bytes{p.bytes}};
    last[q] = builder_.copy(queues_[q], from, to,
                            last[q].valid() ? std::span<const Dep>{} : std::span<const Dep>(gate));
  }
  std::vector<Dep>& landed = landed_[slot_of(m)];
  landed.clear();
  for (const OpId id : last)
    if (id.valid()) landed.push_back(dep(id, Edge::event));
}

OpCounts size_of_plan(const DwdpRequest& request) {
  const Layout layout(request);
  const std::size_t pulls =
      request.placement.prefetch == 0
          ? 0
          : pulls_of(request.pulls, layout.pulled_tensors(), request.ranks(), 0, 0).size();
  constexpr std::size_t kStages = 10;
  const auto layers = static_cast<std::size_t>(request.shape.layers);
  const std::size_t times = request.forwards.size() * request.gpu_of_rank.size();
  const std::size_t read = 2 + layout.tensors() * request.gpu_of_rank.size();
  return {times * layers * (pulls + kStages), times * layers * (2 * pulls + read),
          times * layers * 4 * request.gpu_of_rank.size()};
}

}  // namespace

Plan build_dwdp(const DwdpRequest& request) {
  check_dwdp(request);
  PlanBuilder builder("dwdp", request.gpu_of_rank);
  builder.reserve_ops(size_of_plan(request));
  const Bytes store = Layout(request).layer() * request.shape.moe_layers();
  Stores stores;
  for (std::int32_t r = 0; r < request.ranks(); ++r)
    stores.experts.push_back(
        builder.add_buffer({Rank{r}, BufferRole::weights, ElementType::bf16, store, "experts"}));
  for (std::int32_t r = 0; r < request.ranks(); ++r) RankPlan(builder, request, stores, r).run();
  return builder.finish();
}

}  // namespace twinlink::models
