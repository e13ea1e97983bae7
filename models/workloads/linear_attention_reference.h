#pragma once
// Float64 reference of linear attention with decay, token by token, for one head: rows [first,
// first + count) of the results, from the tokens that still count there.
//
//   S_t = lambda S_{t-1} + k_t^T v_t,       o_t = q_t S_t,      dq_t = do_t S_t^T
//   D_t = lambda D_{t+1} + q_t^T do_t,      dk_t = v_t D_t^T,   dv_t = k_t D_t
// A term `n` tokens away weighs lambda^n: those beyond reach = log(1 / negligible) / slope are left
// out (slope 0: none are). sim/host_linear_attention.h has whole arrays; a test compares the two.
#include <cstdint>
#include <functional>
#include <vector>

namespace twinlink::models {

struct ReferenceHead {
  int d = 0, e = 0;
  double slope = 0;
  std::int64_t tokens = 0;
  // Row `token` of q, k, v or the gradient of the output (tensor 0 to 3) to `to`.
  std::function<void(int tensor, std::int64_t token, double* to)> row;
  double negligible = 1e-9;
};

// Row-major, count x width.
struct ReferenceRows {
  std::vector<double> o, dq, dk, dv;
};

ReferenceRows reference_rows(const ReferenceHead& head, std::int64_t first, std::int64_t count);
// Tokens that count to one side.
std::int64_t reach(const ReferenceHead& head);

}  // namespace twinlink::models
