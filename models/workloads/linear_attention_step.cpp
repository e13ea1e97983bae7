#include "models/workloads/linear_attention_step.h"

#include "models/workloads/linear_attention_work.h"

namespace twinlink::models {
namespace {

// A kernel's work says what it takes of the SMs, not its lane.
constexpr LaneShape kComputeLane{1, 512, 16, 4};

std::vector<std::vector<Rank>> sequence_groups(const LinearAttentionRequest& request) {
  std::vector<std::vector<Rank>> groups(static_cast<std::size_t>(request.dp));
  for (int r = 0; r < request.dp * request.sp; ++r)
    groups[static_cast<std::size_t>(r / request.sp)].push_back(Rank{r});
  return groups;
}

std::vector<std::int32_t> mapping(const LinearAttentionRequest& request) {
  if (!request.gpu_of_rank.empty()) return request.gpu_of_rank;
  std::vector<std::int32_t> gpus(static_cast<std::size_t>(request.dp * request.sp));
  for (std::size_t r = 0; r < gpus.size(); ++r) gpus[r] = static_cast<std::int32_t>(r);
  return gpus;
}

std::string plan_name(const LinearAttentionRequest& request) {
  const bool scan = request.method == LinearAttentionMethod::scan;
  return "linear_attention/" + (scan ? request.scan : std::string(name_of(request.method)));
}

// A state of a rank has one decay per batch entry and head.
std::vector<double> decays_of_state(const LinearAttentionRequest& request) {
  const std::vector<double> heads = chunk_decays(request);
  std::vector<double> decays;
  for (std::int64_t entry = 0; entry < request.batch / request.dp; ++entry)
    decays.insert(decays.end(), heads.begin(), heads.end());
  return decays;
}

Slice whole(const Plan& plan, BufferId buffer) { return {buffer, 0, {}, plan.buffer(buffer).size}; }

}  // namespace

LinearAttentionStep::LinearAttentionStep(const LinearAttentionRequest& request)
    : request_(request),
      ranks_(static_cast<std::size_t>(request.dp * request.sp)),
      builder_(plan_name(request), mapping(request)),
      last_(ranks_) {
  std::vector<Rank> all;
  for (std::size_t r = 0; r < ranks_; ++r) all.push_back(Rank{r});
  world_ = builder_.add_group(std::move(all));
  if (lasp()) add_streams();
  const std::int64_t heads = request.batch / request.dp * request.heads;
  const std::int64_t width = 2 * request.d_k + request.d_v;
  tokens_ = add_buffers(
      BufferRole::input, request.element,
      {heads * (request.sequence / request.sp) * width * size_of(request.element)}, "q k v");
}

void LinearAttentionStep::add_streams() {
  for (std::size_t r = 0; r < ranks_; ++r) {
    const KernelId kernel = builder_.add_kernel({Rank{r}, LaunchMode::graph, "stream"});
    streams_.push_back(builder_.add_sm_lane(kernel, request_.shape));
    const KernelId host = builder_.add_kernel({Rank{r}, LaunchMode::graph, "host"});
    hosts_.push_back(builder_.add_sm_lane(host, LaneShape{1, 32, 16, 1}));
  }
  met_.resize(ranks_);
}

Plan LinearAttentionStep::build() {
  using Way = LinearAttentionDirection;
  if (request_.direction != Way::backward) {
    for (int layer = 0; layer < request_.layers; ++layer) run(forward_pass(layer));
    if (request_.barrier) add_world_barrier();
  }
  if (request_.direction != Way::forward) {
    for (int layer = request_.layers; layer-- > 0;) run(backward_pass(layer));
    if (request_.barrier) add_world_barrier();
  }
  return builder_.finish();
}

void LinearAttentionStep::add_world_barrier() {
  const std::uint32_t meeting = builder_.add_rendezvous({world_, Edge::flag_fenced});
  for (std::size_t r = 0; r < ranks_; ++r) {
    std::vector<Dep> deps;
    LaneId lane;
    if (lasp()) {
      lane = streams_[r];
    } else {
      const KernelId kernel = builder_.add_kernel({Rank{r}, LaunchMode::graph, "barrier"});
      lane = builder_.add_sm_lane(kernel, LaneShape{1, 32, 16, 1});
      if (last_[r].valid()) deps.push_back(dep(last_[r], Edge::graph, Scope::kernel));
    }
    last_[r] = builder_.barrier(lane, meeting, deps);
    if (lasp()) met_[r] = last_[r];
  }
}

std::vector<BufferId> LinearAttentionStep::add_buffers(BufferRole role, ElementType element,
                                                       Bytes size, const std::string& name) {
  std::vector<BufferId> buffers;
  for (std::size_t r = 0; r < ranks_; ++r)
    buffers.push_back(builder_.add_buffer({Rank{r}, role, element, size, name}));
  return buffers;
}

LinearAttentionStep::Pass LinearAttentionStep::forward_pass(int layer) {
  const Bytes state = state_bytes(request_);
  const Bytes tokens = builder_.plan().buffer(tokens_[0]).size;
  const std::string number = " " + std::to_string(layer);
  Pass pass;
  pass.reads = tokens_;
  pass.writes = add_buffers(BufferRole::scratch, request_.element, tokens, "out" + number);
  pass.states = add_buffers(BufferRole::inout, request_.state, state, "state" + number);
  pass.results = add_buffers(BufferRole::output, request_.state, state, "prefix" + number);
  prefixes_.push_back(pass.results);
  tokens_ = pass.writes;
  return pass;
}

LinearAttentionStep::Pass LinearAttentionStep::backward_pass(int layer) {
  const Bytes state = state_bytes(request_);
  const Bytes tokens = builder_.plan().buffer(tokens_[0]).size;
  const std::string number = " " + std::to_string(layer);
  if (prefixes_.size() <= static_cast<std::size_t>(layer))
    prefixes_.resize(static_cast<std::size_t>(request_.layers),
                     add_buffers(BufferRole::input, request_.state, state, "saved prefix"));
  Pass pass;
  pass.backward = true;
  pass.reads = tokens_;
  pass.saved = prefixes_[static_cast<std::size_t>(layer)];
  pass.writes = add_buffers(BufferRole::scratch, request_.element, tokens, "gradient" + number);
  pass.states = add_buffers(BufferRole::inout, request_.state, state, "gradient state" + number);
  pass.results = add_buffers(BufferRole::output, request_.state, state, "suffix" + number);
  tokens_ = pass.writes;
  return pass;
}

void LinearAttentionStep::run(const Pass& pass) {
  switch (request_.method) {
    case LinearAttentionMethod::naive:
    case LinearAttentionMethod::cache:
    case LinearAttentionMethod::fuse:
    case LinearAttentionMethod::fuse_parallel: return run_ring(pass);
    case LinearAttentionMethod::blelloch: return run_tree(pass);
    case LinearAttentionMethod::scan: return run_scan(pass);
  }
}

// The scan alone, for all groups; `marks_work`: a coupled ring's compute ops stay in their place.
Plan LinearAttentionStep::build_part(bool backward, bool marks_work) const {
  CollectiveRequest part;
  part.operation = Operation::exscan;
  part.suffix = backward;
  part.gpu_of_rank = builder_.plan().gpu_of_rank;
  part.groups = sequence_groups(request_);
  part.bytes = state_bytes(request_);
  part.element = request_.state;
  part.heads = static_cast<std::int32_t>(request_.batch / request_.dp) * request_.heads;
  part.shape = request_.shape;
  part.decays = decays_of_state(request_);
  part.slices = request_.slices;
  part.domain_of_rank = request_.domain_of_rank;
  part.multicast = request_.multicast;
  if (marks_work) part.local_work = Compute{"local work", 1, {}};
  return build_plan(scan_of(request_), part);
}

// The part's claims on the pass's states and results.
Splice LinearAttentionStep::splice_of(const Plan& part, const Pass& pass,
                                      const std::vector<OpId>& made) const {
  Splice how;
  how.buffers.resize(part.buffers.size());
  how.ready.resize(part.buffers.size());
  for (const Claim& claim : part.claims)
    for (std::size_t i = 0; i < claim.inputs.size(); ++i) {
      const std::size_t rank = part.buffer(claim.inputs[i]).rank.index();
      how.buffers[claim.inputs[i].index()] = pass.states[rank];
      how.buffers[claim.outputs[i].index()] = pass.results[rank];
      if (!made.empty()) how.ready[claim.inputs[i].index()] = made[rank];
    }
  return how;
}

// A compute on the rank's stream, or in a kernel of its own behind the stream's last.
OpId LinearAttentionStep::compute(std::size_t rank, const Compute& work,
                                  const std::vector<BufferId>& reads,
                                  const std::vector<BufferId>& writes, std::span<const Dep> deps) {
  std::vector<Slice> from, to;
  for (const BufferId buffer : reads) from.push_back(whole(builder_.plan(), buffer));
  for (const BufferId buffer : writes) to.push_back(whole(builder_.plan(), buffer));
  std::vector<Dep> waits(deps.begin(), deps.end());
  LaneId lane;
  if (lasp()) {
    lane = streams_[rank];
  } else {
    lane = builder_.add_sm_lane(builder_.add_kernel({Rank{rank}, LaunchMode::graph, work.kernel}),
                                request_.shape);
    if (last_[rank].valid()) waits.push_back(dep(last_[rank], Edge::graph, Scope::kernel));
  }
  last_[rank] = builder_.compute(lane, work, from, to, waits);
  return last_[rank];
}

template <class Work>
void LinearAttentionStep::follow(const Plan& part, const Spliced& spliced, const Pass& pass,
                                 const Work& work) {
  for (const Claim& claim : part.claims)
    for (const BufferId output : claim.outputs) {
      const std::size_t r = part.buffer(output).rank.index();
      const std::vector<BufferId> reads{pass.reads[r], pass.results[r]};
      work(r, reads, std::vector<BufferId>{pass.writes[r]}, complete(part, spliced, output));
    }
}

// The host goes on as soon as it has issued; after a rendezvous it waits for that first.
OpId LinearAttentionStep::issue(std::size_t rank, Duration time) {
  std::vector<Dep> deps;
  if (met_[rank].valid()) deps.push_back(dep(met_[rank], Edge::event, Scope::kernel));
  met_[rank] = OpId{};
  return builder_.compute(hosts_[rank], {"host", 0, {}, WorkKind::memory, Precision::fp32, time},
                          {}, {}, deps);
}

OpId LinearAttentionStep::run(std::size_t rank, const LaspGroup& group,
                              const std::vector<BufferId>& reads,
                              const std::vector<BufferId>& writes, std::vector<Dep> deps) {
  deps.push_back(dep(issue(rank, group.issue), Edge::event, Scope::kernel));
  return compute(rank, group.work, reads, writes, deps);
}

// Operations in front of a transfer, behind all that it waits for.
void LinearAttentionStep::transfer(std::size_t rank, int operations, std::vector<Dep>& deps) {
  run(rank, lasp_operations(request_, operations), {}, {}, deps);
}

// Receiver and sender of a ring; a first rank's identity is no operation.
void LinearAttentionStep::before_ring_op(const Plan& part, OpId op, std::vector<Dep>& deps) {
  const std::size_t rank = part.rank_of(op).index();
  if (touches_others(part, op))
    transfer(rank, kRingReceive, deps);
  else if (!part.sources(op).empty())
    transfer(rank, kRingSend, deps);
}

// A combining step pulls its partner's state once the partner's host has issued the send.
void LinearAttentionStep::before_tree_op(const Plan& part, OpId op, std::vector<Dep>& deps) {
  if (!touches_others(part, op)) return;
  const std::size_t rank = part.rank_of(op).index();
  if (part.op(op).kind == OpKind::copy) return transfer(rank, kTreeShift, deps);
  for (const Slice& source : part.sources(op)) {
    const std::size_t sender = part.buffer(source.buffer).rank.index();
    if (sender == rank) continue;
    const OpId sent = issue(sender, lasp_operations(request_, kTreeSend).issue);
    deps.push_back(dep(sent, Edge::flag_fenced, Scope::lane));
  }
  transfer(rank, kTreeReceive, deps);
}

// Receive, all local work, send: the whole local attention is on the chain.
void LinearAttentionStep::run_ring(const Pass& pass) {
  const LaspStage stage = lasp_stage(request_, pass.backward);
  const Plan part = build_part(pass.backward, true);
  for (std::size_t r = 0; r < ranks_; ++r) run(r, stage.before, {}, {});
  Splice how = splice_of(part, pass, {});
  how.lanes = streams_;
  how.work = [&](Rank rank, std::span<const Dep> deps) {
    const std::size_t r = rank.index();
    std::vector<BufferId> reads{pass.reads[r], pass.results[r]};
    if (pass.backward) reads.push_back(pass.saved[r]);
    return run(r, stage.chain, reads, {pass.writes[r], pass.states[r]},
               std::vector<Dep>(deps.begin(), deps.end()));
  };
  how.before = [&](OpId op, std::vector<Dep>& deps) { before_ring_op(part, op, deps); };
  splice(builder_, part, how);
  for (std::size_t r = 0; r < ranks_; ++r) run(r, stage.after, {}, {});
}

// Local state, the tree, then what needs the prefix; all in order.
void LinearAttentionStep::run_tree(const Pass& pass) {
  const LaspStage stage = lasp_stage(request_, pass.backward);
  const Plan part = build_part(pass.backward, false);
  std::vector<OpId> made;
  for (std::size_t r = 0; r < ranks_; ++r)
    made.push_back(run(r, stage.before, {pass.reads[r]}, {pass.writes[r], pass.states[r]}));
  Splice how = splice_of(part, pass, made);
  how.lanes = streams_;
  how.before = [&](OpId op, std::vector<Dep>& deps) { before_tree_op(part, op, deps); };
  follow(part, splice(builder_, part, how), pass,
         [&](std::size_t r, const auto& reads, const auto& writes, const std::vector<Dep>& deps) {
           run(r, stage.after, reads, writes, deps);
         });
}

// What it costs that all wait for all by events: nothing is computed.
void LinearAttentionStep::add_meeting(Duration time) {
  if (time.ps == 0) return;
  for (std::size_t r = 0; r < ranks_; ++r)
    compute(r, {"meeting", 0, {}, WorkKind::memory, Precision::fp32, time}, {}, {});
}

void LinearAttentionStep::run_scan(const Pass& pass) {
  const LinearAttentionWork work = linear_attention_work(request_, pass.backward);
  const Plan part = build_part(pass.backward, false);
  std::vector<OpId> made;
  const auto intra = [&](std::size_t r) {
    compute(r, work.intra_chunk, {pass.reads[r]}, {pass.writes[r]});
  };
  // Backward makes dq with it, from the forward pass's prefix.
  const auto local = [&](std::size_t r) {
    if (!pass.backward) return compute(r, work.local_state, {pass.reads[r]}, {pass.states[r]});
    return compute(r, work.local_state, {pass.reads[r], pass.saved[r]},
                   {pass.states[r], pass.writes[r]});
  };
  add_meeting(request_.kernels.meeting);
  for (std::size_t r = 0; r < ranks_; ++r) made.push_back(local(r));
  if (request_.merged || request_.overlap) add_meeting({request_.kernels.meeting.ps / 2});
  if (!request_.overlap && !request_.merged)
    for (std::size_t r = 0; r < ranks_; ++r) intra(r);
  if (!request_.merged && !request_.overlap) add_meeting({request_.kernels.meeting.ps / 2});
  Splice how = splice_of(part, pass, made);
  how.launched_after = last_;
  const Spliced spliced = splice(builder_, part, how);
  if (request_.overlap && !request_.merged)
    for (std::size_t r = 0; r < ranks_; ++r) intra(r);
  follow(part, spliced, pass,
         [&](std::size_t r, const auto& reads, const auto& writes, const std::vector<Dep>& deps) {
           compute(r, request_.merged ? work.intra_chunk : work.inter_chunk, reads, writes, deps);
         });
}

Plan build_linear_attention(const LinearAttentionRequest& request) {
  check_linear_attention(request);
  return LinearAttentionStep(request).build();
}

}  // namespace twinlink::models
