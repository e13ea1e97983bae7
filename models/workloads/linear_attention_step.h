#pragma once
// Builds the plan of linear_attention.h: one stream of kernels per rank, a scan per layer and
// direction spliced in between (models/plan/splice.h).
//
// Buffers per rank and layer: "out" and "gradient" (tokens), "state" (made by a compute, input of
// the scan's claim), "prefix" or "suffix" (its output). Method scan: each kernel is launched behind
// the one before it on its rank, by a graph edge; LASP's: all on one lane per rank, each group
// behind its issue on the rank's host lane.
#include "models/plan/splice.h"
#include "models/workloads/linear_attention.h"
#include "models/workloads/linear_attention_lasp.h"

namespace twinlink::models {

class LinearAttentionStep {
 public:
  explicit LinearAttentionStep(const LinearAttentionRequest& request);
  Plan build();

 private:
  struct Pass {  // one direction of one layer; buffers by rank
    bool backward = false;
    std::vector<BufferId> reads, writes;           // tokens
    std::vector<BufferId> states, results, saved;  // saved: the forward pass's results
  };

  void add_streams();
  void add_world_barrier();
  void run(const Pass& pass);
  Pass forward_pass(int layer);
  Pass backward_pass(int layer);
  void run_ring(const Pass& pass);
  void run_tree(const Pass& pass);
  void run_scan(const Pass& pass);
  void add_meeting(Duration time);
  Plan build_part(bool backward, bool marks_work) const;
  Splice splice_of(const Plan& part, const Pass& pass, const std::vector<OpId>& made) const;
  // What needs the scan's results: `work(rank, reads, writes, deps)`.
  template <class Work>
  void follow(const Plan& part, const Spliced& spliced, const Pass& pass, const Work& work);
  std::vector<BufferId> add_buffers(BufferRole role, ElementType element, Bytes size,
                                    const std::string& name);
  OpId compute(std::size_t rank, const Compute& work, const std::vector<BufferId>& reads,
               const std::vector<BufferId>& writes, std::span<const Dep> deps = {});
  // LASP's methods: issues the group, then runs it on the rank's stream.
  OpId run(std::size_t rank, const LaspGroup& group, const std::vector<BufferId>& reads,
           const std::vector<BufferId>& writes, std::vector<Dep> deps = {});
  OpId issue(std::size_t rank, Duration time);
  void transfer(std::size_t rank, int operations, std::vector<Dep>& deps);
  void before_ring_op(const Plan& part, OpId op, std::vector<Dep>& deps);
  void before_tree_op(const Plan& part, OpId op, std::vector<Dep>& deps);
  [[nodiscard]] bool lasp() const { return request_.method != LinearAttentionMethod::scan; }

  const LinearAttentionRequest& request_;
  std::size_t ranks_;
  PlanBuilder builder_;
  GroupId world_;
  std::vector<LaneId> streams_, hosts_;  // by rank; LASP's methods
  std::vector<OpId> met_;                // by rank: the rendezvous that its host has waited for
  std::vector<OpId> last_;               // by rank
  std::vector<BufferId> tokens_;
  std::vector<std::vector<BufferId>> prefixes_;  // by layer
};

}  // namespace twinlink::models
