#include "models/workloads/tp_layer.h"

#include "models/workloads/stages.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

void check(const TpLayerRequest& request) {
  std::vector<InputIssue> issues;
  const auto require = [&](const char* pointer, std::int64_t value, std::int64_t most) {
    if (value >= 1 && value <= most) return;
    issues.push_back(
        {pointer, std::to_string(value) + " is outside 1 to " + std::to_string(most), {}, 0, 0});
  };
  require("/tp", static_cast<std::int64_t>(request.gpu_of_rank.size()), kPlanLimits.ranks);
  require("/tokens", request.tokens, std::int64_t{1} << 26);
  require("/hidden", request.hidden, 1 << 20);
  require("/layers", request.layers, 1000);
  if (!issues.empty()) throw InputError(std::move(issues));
}

class TpLayers {
 public:
  explicit TpLayers(const TpLayerRequest& request)
      : request_(request),
        bytes_(request.tokens * request.hidden * size_of(request.element)),
        builder_("tp_layer", request.gpu_of_rank),
        ends_(request.gpu_of_rank.size()) {
    for (std::size_t r = 0; r < ends_.size(); ++r) all_.emplace_back(r);
  }

  Plan build() {
    for (std::int32_t layer = 0; layer < request_.layers; ++layer) {
      add_half(request_.attention);
      add_half(request_.mlp);
    }
    return builder_.finish();
  }

 private:
  [[nodiscard]] Slice add(Rank rank, BufferRole role, const char* name) {
    return {builder_.add_buffer({rank, role, request_.element, {bytes_}, name}), 0, {}, {bytes_}};
  }

  void add_half(const Compute& work) {
    CollectiveStage stage;
    stage.algorithm = request_.algorithm;
    stage.request.gpu_of_rank = request_.gpu_of_rank;
    stage.request.bytes = {bytes_};
    stage.request.element = request_.element;
    stage.request.shape = request_.shape;
    stage.request.groups = {all_};
    Claim claim{};
    claim.operation = Operation::all_reduce;
    claim.group = builder_.add_group(all_);
    for (const Rank rank : all_) {
      stage.inputs.push_back(add(rank, BufferRole::inout, "partial"));
      stage.outputs.push_back(add(rank, BufferRole::output, "sum"));
      claim.inputs.push_back(stage.inputs.back().buffer);
      claim.outputs.push_back(stage.outputs.back().buffer);
      if (!work.kernel.empty())
        append_compute(builder_, rank, request_.shape, work,
                       before_.empty() ? std::span<const Slice>()
                                       : std::span<const Slice>(&before_[rank.index()], 1),
                       std::span(&stage.inputs.back(), 1), ends_);
    }
    ends_ = append_collective(builder_, stage, ends_);
    builder_.add_claim(std::move(claim));
    before_ = stage.outputs;
  }

  const TpLayerRequest& request_;
  std::int64_t bytes_;
  PlanBuilder builder_;
  Ends ends_;
  std::vector<Rank> all_;
  std::vector<Slice> before_;  // by rank: what the next half reads
};

}  // namespace

Plan build_tp_layer(const TpLayerRequest& request) {
  check(request);
  return TpLayers(request).build();
}

}  // namespace twinlink::models
