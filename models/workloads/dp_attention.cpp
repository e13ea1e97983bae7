#include "models/workloads/dp_attention.h"

#include <algorithm>

#include "models/workloads/dp_attention_parts.h"
#include "models/workloads/stages.h"

namespace twinlink::models {
namespace {

using Buffers = std::vector<BufferId>;  // by rank

// Layers of a plan under construction. Every layer has buffers of its own.
class Layers {
 public:
  explicit Layers(const DpAttentionRequest& request)
      : request_(request),
        rows_(rows_of(request)),
        row_bytes_(request.hidden * size_of(request.element)),
        builder_("dp_attention", request.gpu_of_rank),
        ends_(request.gpu_of_rank.size()) {
    for (std::size_t r = 0; r < tp(); ++r) all_.emplace_back(r);
    for (std::size_t g = 0; g < rows_.count.size(); ++g)
      teams_.emplace_back(all_.begin() + static_cast<std::ptrdiff_t>(g * team_size()),
                          all_.begin() + static_cast<std::ptrdiff_t>((g + 1) * team_size()));
  }

  Plan build() {
    Buffers before;
    for (std::int32_t layer = 0; layer < request_.layers; ++layer) before = add_layer(before);
    return builder_.finish();
  }

 private:
  [[nodiscard]] std::size_t tp() const { return request_.gpu_of_rank.size(); }
  [[nodiscard]] std::size_t team_size() const { return tp() / rows_.count.size(); }
  [[nodiscard]] std::size_t team_of(std::size_t rank) const { return rank / team_size(); }
  [[nodiscard]] Bytes of_rows(std::int64_t rows) const { return {rows * row_bytes_}; }
  [[nodiscard]] Bytes own_rows(std::size_t rank) const {
    return of_rows(rows_.count[team_of(rank)]);
  }
  // Padded: a rank's equal part of all rows.
  [[nodiscard]] Bytes piece() const { return of_rows(rows_.all / static_cast<std::int64_t>(tp())); }

  template <class Size>
  Buffers add_buffers(const char* name, BufferRole role, Size size) {
    Buffers buffers;
    for (std::size_t r = 0; r < tp(); ++r)
      buffers.push_back(builder_.add_buffer({Rank{r}, role, request_.element, size(r), name}));
    return buffers;
  }
  Buffers add_global(const char* name, BufferRole role) {
    return add_buffers(name, role, [this](std::size_t) { return of_rows(rows_.all); });
  }
  Buffers add_own(const char* name, BufferRole role) {
    return add_buffers(name, role, [this](std::size_t r) { return own_rows(r); });
  }

  [[nodiscard]] Slice whole(BufferId buffer) const {
    return {buffer, 0, {}, builder_.plan().buffer(buffer).size};
  }
  [[nodiscard]] Slice rows_of_team(BufferId buffer, std::size_t rank) const {
    return {buffer, 0, of_rows(rows_.begin[team_of(rank)]), own_rows(rank)};
  }

  // Returns the layer's outputs.
  Buffers add_layer(const Buffers& before) {
    const Buffers local = attend(before);
    const Buffers global = rows_.padded ? gather_padded(local) : gather_ragged(local);
    const Buffers partial = add_global("partial", BufferRole::inout);
    for (std::size_t r = 0; r < tp(); ++r) compute(r, request_.mlp, global[r], partial[r]);
    const Buffers output = add_own("output", BufferRole::output);
    scatters(request_) ? reduce_scatter(partial, output) : all_reduce(partial, output);
    claim_own_rows(partial, output);
    return output;
  }

  // Ragged rows of several ranks are summed by the gather; their kernel writes them in place there.
  Buffers attend(const Buffers& before) {
    const bool in_place = !rows_.padded && team_size() > 1;
    const Buffers local =
        in_place ? add_global("filled", BufferRole::inout) : add_own("local", BufferRole::inout);
    for (std::size_t r = 0; r < tp(); ++r)
      compute(r, request_.attention, before.empty() ? BufferId{} : before[r], local[r]);
    return local;
  }

  // A kernel without a name is none; what it would have written is then given.
  void compute(std::size_t rank, const Compute& work, BufferId from, BufferId to) {
    if (work.kernel.empty()) return;
    const Slice reads = from.valid() ? whole(from) : Slice{};
    const Slice writes = whole(to);
    append_compute(builder_, Rank{rank}, request_.shape, work,
                   std::span(&reads, from.valid() ? 1 : 0), std::span(&writes, 1), ends_);
  }

  Buffers gather_padded(const Buffers& local) {
    Buffers pieces = local;
    if (team_size() > 1) {
      pieces = add_buffers("piece", BufferRole::inout, [this](std::size_t) { return piece(); });
      for (const auto& team : teams_) collective(Operation::reduce_scatter, team, local, pieces);
    }
    const Buffers global = add_global("global", BufferRole::output);
    collective(Operation::all_gather, all_, pieces, global);
    if (team_size() > 1)
      for (const auto& team : teams_) claim(Operation::reduce_scatter, team, local, pieces);
    claim(Operation::all_gather, all_, pieces, global);
    return global;
  }

  Buffers gather_ragged(const Buffers& local) {
    const Buffers global = add_global("global", BufferRole::output);
    if (team_size() > 1) {
      collective(Operation::all_reduce, all_, local, global);
      claim(Operation::all_reduce, all_, local, global);
      return global;
    }
    const Buffers filled = add_global("filled", BufferRole::scratch);
    for (std::size_t r = 0; r < tp(); ++r) {
      const LaneId lane = own_lane(r, "dp_gather");
      const Slice all = whole(filled[r]);
      builder_.reduce(lane, Operator::sum, {}, std::span(&all, 1), launched_after(ends_[r]));
      ends_[r] = {builder_.copy(lane, whole(local[r]), rows_of_team(filled[r], r), {})};
    }
    collective(Operation::all_reduce, all_, filled, global);
    claim(Operation::all_gather, all_, local, global);
    return global;
  }

  void all_reduce(const Buffers& partial, const Buffers& output) {
    const Buffers sum = add_global("sum", BufferRole::scratch);
    collective(Operation::all_reduce, all_, partial, sum);
    for (std::size_t r = 0; r < tp(); ++r)
      ends_[r] = {builder_.copy(own_lane(r, "dp_scatter"), rows_of_team(sum[r], r),
                                whole(output[r]), launched_after(ends_[r]))};
  }

  void reduce_scatter(const Buffers& partial, const Buffers& output) {
    if (team_size() == 1) return collective(Operation::reduce_scatter, all_, partial, output);
    const Buffers pieces =
        add_buffers("piece", BufferRole::scratch, [this](std::size_t) { return piece(); });
    collective(Operation::reduce_scatter, all_, partial, pieces);
    for (const auto& team : teams_) collective(Operation::all_gather, team, pieces, output);
  }

  LaneId own_lane(std::size_t rank, const char* kernel) {
    return builder_.add_sm_lane(builder_.add_kernel({Rank{rank}, LaunchMode::graph, kernel}),
                                request_.shape);
  }

  // Between the buffers of the group's ranks.
  void collective(Operation operation, std::vector<Rank> group, const Buffers& from,
                  const Buffers& to) {
    CollectiveStage stage;
    stage.algorithm = algorithm(operation);
    // So that share c is summed in the order c+1, ..., c, as the ring reduce-scatter does.
    if (operation == Operation::all_reduce && stage.algorithm == "ring")
      std::rotate(group.begin(), group.begin() + 1, group.end());
    for (const Rank rank : group) {
      stage.inputs.push_back(whole(from[rank.index()]));
      stage.outputs.push_back(whole(to[rank.index()]));
    }
    const bool gathers = operation == Operation::all_gather;
    stage.request.operation = operation;
    stage.request.gpu_of_rank = request_.gpu_of_rank;
    stage.request.bytes = gathers ? stage.outputs[0].size : stage.inputs[0].size;
    stage.request.element = request_.element;
    stage.request.shape = request_.shape;
    stage.request.channels = operation == Operation::all_reduce ? request_.channels : 1;
    stage.request.groups = {std::move(group)};
    ends_ = append_collective(builder_, stage, ends_);
  }

  [[nodiscard]] const std::string& algorithm(Operation operation) const {
    if (operation == Operation::all_gather) return request_.algorithms.all_gather;
    const CollectiveNames& names = request_.algorithms;
    return operation == Operation::all_reduce ? names.all_reduce : names.reduce_scatter;
  }

  void claim(Operation operation, const std::vector<Rank>& group, const Buffers& from,
             const Buffers& to, std::vector<std::int64_t> starts = {}) {
    Claim claim{};
    claim.operation = operation;
    claim.group = builder_.add_group(group);
    for (const Rank rank : group) {
      claim.inputs.push_back(from[rank.index()]);
      claim.outputs.push_back(to[rank.index()]);
    }
    claim.starts = std::move(starts);
    builder_.add_claim(std::move(claim));
  }

  void claim_own_rows(const Buffers& partial, const Buffers& output) {
    std::vector<std::int64_t> starts;
    for (std::size_t r = 0; r < tp(); ++r)
      starts.push_back(rows_.begin[team_of(r)] * request_.hidden);
    claim(Operation::reduce_scatter, all_, partial, output, std::move(starts));
  }

  const DpAttentionRequest& request_;
  DpRows rows_;
  std::int64_t row_bytes_;
  PlanBuilder builder_;
  Ends ends_;
  std::vector<Rank> all_;
  std::vector<std::vector<Rank>> teams_;
};

}  // namespace

Plan build_dp_attention(const DpAttentionRequest& request) {
  check_request(request);
  return Layers(request).build();
}

}  // namespace twinlink::models
