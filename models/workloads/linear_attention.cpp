#include "models/workloads/linear_attention.h"

#include <bit>
#include <cmath>

#include "topology/error.h"

namespace twinlink::models {
namespace {

using Method = LinearAttentionMethod;
using Direction = LinearAttentionDirection;

// 2^(-8 i / n), i = 1..n.
std::vector<double> geometric_slopes(std::int32_t n) {
  std::vector<double> slopes;
  for (std::int32_t i = 1; i <= n; ++i) slopes.push_back(std::exp2(-8.0 * i / n));
  return slopes;
}

}  // namespace

std::span<const Word<Method>> words(Method) {
  static constexpr Word<Method> kWords[] = {
      {Method::naive, "naive",
       "LASP's ring, states made in host memory, PyTorch around its kernel"},
      {Method::cache, "cache", "the same with buffers kept on the GPU"},
      {Method::fuse, "fuse", "LASP's ring around one fused kernel"},
      {Method::fuse_parallel, "fuse_parallel", "LASP's ring around four kernels"},
      {Method::blelloch, "blelloch", "the LASP Blelloch PR: its tree, wrong from 8 ranks on"},
      {Method::scan, "scan", "a scan of the catalogue beside the intra-chunk part"},
  };
  return kWords;
}

std::span<const Word<Direction>> words(Direction) {
  static constexpr Word<Direction> kWords[] = {
      {Direction::forward, "forward", "outputs; states from the first rank to the last"},
      {Direction::backward, "backward", "gradients; states from the last rank to the first"},
      {Direction::forward_backward, "forward_backward", "both, one after the other"},
  };
  return kWords;
}

std::vector<double> alibi_slopes(std::int32_t heads) {
  const auto power = static_cast<std::int32_t>(std::bit_floor(static_cast<std::uint32_t>(heads)));
  std::vector<double> slopes = geometric_slopes(power);
  const std::vector<double> finer = geometric_slopes(2 * power);
  for (std::int32_t i = 0; i < heads - power; ++i)
    slopes.push_back(finer[static_cast<std::size_t>(2 * i)]);
  return slopes;
}

std::vector<double> chunk_decays(const LinearAttentionRequest& request) {
  std::vector<double> decays =
      request.slopes.empty() ? alibi_slopes(request.heads) : request.slopes;
  const double length = static_cast<double>(request.sequence / request.sp);
  for (double& value : decays) value = std::exp(-value * length);
  return decays;
}

Bytes state_bytes(const LinearAttentionRequest& request) {
  return {request.batch / request.dp * request.heads * request.d_k * request.d_v *
          size_of(request.state)};
}

std::int64_t tokens(const LinearAttentionRequest& request) {
  return request.batch * request.sequence;
}

const Algorithm& scan_of(const LinearAttentionRequest& request) {
  switch (request.method) {
    case Method::naive:
    case Method::cache:
    case Method::fuse:
    case Method::fuse_parallel: return find_algorithm(Operation::exscan, "ring_coupled");
    case Method::blelloch: return find_algorithm(Operation::exscan, "lasp_pr_tree");
    case Method::scan: break;
  }
  return find_algorithm(Operation::exscan, request.scan);
}

bool expected_wrong(const LinearAttentionRequest& request) {
  const Algorithm& scan = scan_of(request);
  return scan.wrong_from > 0 && request.sp >= scan.wrong_from;
}

}  // namespace twinlink::models
