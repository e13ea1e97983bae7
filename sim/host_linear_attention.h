#pragma once
// Real linear attention with decay on host arrays: the numbers of a plan of models/workloads, every
// rank, outputs and gradients, and their float64 reference. One head at a time; row-major, token by
// token: q, k are N x d, v and dout N x e, a state d x e.
//
//   o_t  = sum_{i<=t} lambda^(t-i) (q_t k_i) v_i        lambda = exp(-slope)
//   dq_t = sum_{i<=t} lambda^(t-i) (do_t v_i) k_i
//   dk_i = sum_{t>=i} lambda^(t-i) (do_t v_i) q_t,  dv_i = sum_{t>=i} lambda^(t-i) (q_t k_i) do_t
// By chunks of C tokens from `begin` to `end`, in fp32 (blocks of `block` tokens inside a chunk):
//   L = sum lambda^(end-i) k_i^T v_i,  D = sum lambda^(t-begin) q_t^T do_t    (local states)
//   o_t += lambda^(t-begin) q_t X,  dq_t += lambda^(t-begin) do_t X^T          (X: prefix)
//   dk_i += lambda^(end-i) v_i Y^T, dv_i += lambda^(end-i) k_i Y               (Y: suffix)
// The scan of the states is the plan's own: its copies and folds run in the order of their ids; a
// compute op that writes a claim's input stores the rank's local state there. What nobody wrote is
// NaN. Never divides by a decay.
// Left out: rounding of the inputs and results to 16 bits (host_linear_rounding.h).
#include <functional>
#include <span>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::sim {

struct AttentionInputs {
  int d = 0, e = 0;
  double slope = 0;
  std::vector<float> q, k, v, dout;
  [[nodiscard]] std::size_t tokens() const { return q.size() / static_cast<std::size_t>(d); }
  // Tokens [first, first + count).
  [[nodiscard]] AttentionInputs part(std::size_t first, std::size_t count) const;
};

template <class Number>
struct AttentionResults {
  std::vector<Number> o, dq, dk, dv;
};

// Standard normal numbers from a seed: the same on every machine (Box-Muller on SplitMix64).
AttentionInputs normal_inputs(std::size_t tokens, int d, int e, double slope, std::uint64_t seed);

// Token by token in float64.
AttentionResults<double> token_by_token(const AttentionInputs& inputs);

struct LocalStates {
  std::vector<float> prefix, suffix;  // L and D
};
LocalStates local_states(const AttentionInputs& chunk);
AttentionResults<float> chunk_results(const AttentionInputs& chunk, std::span<const float> prefix,
                                      std::span<const float> suffix, int block);

// By rank, what the plan's scans make of the local states; claims are read in their order, so of
// several layers the last forward and the last backward one count. A direction that the plan has
// not is empty. `state(rank, suffix)`: heads one after the other. decays: of a chunk, per head of
// the plan's claims.
struct ScannedStates {
  std::vector<std::vector<float>> prefix, suffix;
};
using StateOf = std::function<std::vector<float>(Rank rank, bool suffix)>;
ScannedStates scan_states(const models::Plan& plan, const std::vector<double>& decays,
                          const StateOf& state);

// ||a - b|| / ||b|| (||a|| where b is 0); NaN counts as infinity.
double relative_error(std::span<const float> a, std::span<const double> b);
double mean_difference(std::span<const float> a, std::span<const double> b);

}  // namespace twinlink::sim
