#include <cmath>

#include "models/workloads/linear_attention.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

class Check {
 public:
  explicit Check(const LinearAttentionRequest& request) : request_(request) {}

  void run() {
    check_sizes();
    if (issues_.empty()) check_shares();
    check_slopes();
    check_overheads();
    check_scan();
    if (!issues_.empty()) throw InputError(std::move(issues_));
  }

 private:
  void add(std::string pointer, std::string message) {
    issues_.push_back({std::move(pointer), std::move(message), {}, 0, 0});
  }

  void want_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value >= low && value <= high) return;
    add(std::string("/") + name, std::to_string(value) + " is outside " + std::to_string(low) +
                                     " to " + std::to_string(high));
  }

  void check_sizes() {
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    want_range("dp", request_.dp, 1, kPlanLimits.ranks);
    want_range("sp", request_.sp, 1, kPlanLimits.ranks);
    want_range("batch", request_.batch, 1, 1 << 20);
    want_range("sequence", request_.sequence, 1, kMost);
    want_range("heads", request_.heads, 1, 1 << 16);
    want_range("d_k", request_.d_k, 1, 1 << 14);
    want_range("d_v", request_.d_v, 1, 1 << 14);
    want_range("chunk", request_.chunk, 1, 1 << 16);
    want_range("sub_chunk", request_.sub_chunk, 1, 1 << 16);
    want_range("layers", request_.layers, 1, 1024);
    want_range("sms", request_.sms, 1, 1 << 16);
  }

  void check_shares() {
    const std::int64_t ranks = std::int64_t{request_.dp} * request_.sp;
    if (ranks > kPlanLimits.ranks)
      add("/sp", std::to_string(request_.dp) + " x " + std::to_string(request_.sp) +
                     " ranks; a plan has at most " + std::to_string(kPlanLimits.ranks));
    want_whole("/batch", request_.batch, request_.dp, "groups (dp)");
    want_whole("/sequence", request_.sequence, request_.sp, "ranks (sp)");
    if (!request_.gpu_of_rank.empty() &&
        static_cast<std::int64_t>(request_.gpu_of_rank.size()) != ranks)
      add("/gpu_of_rank", std::to_string(request_.gpu_of_rank.size()) + " GPUs for " +
                              std::to_string(ranks) + " ranks");
  }

  void want_whole(const char* pointer, std::int64_t value, std::int64_t parts, const char* what) {
    if (value % parts == 0) return;
    add(pointer, std::to_string(value) + " is not a multiple of the " + std::to_string(parts) +
                     " " + what + " that share it");
  }

  void check_slopes() {
    const std::vector<double>& slopes = request_.slopes;
    if (!slopes.empty() && slopes.size() != static_cast<std::size_t>(request_.heads))
      add("/slopes", std::to_string(slopes.size()) + " slopes for " +
                         std::to_string(request_.heads) + " heads");
    for (std::size_t h = 0; h < slopes.size(); ++h)
      if (!(slopes[h] >= 0 && std::isfinite(slopes[h])))
        add("/slopes/" + std::to_string(h), "a slope is at least 0: decay is exp(-slope)");
  }

  void check_overheads() {
    const LinearAttentionOverheads& o = request_.overheads;
    if (o.issue.ps < 0 || o.operation.ps < 0 || o.host_state.ps < 0)
      add("/overheads", "times are at least 0");
    if (!(o.kernel_tflops >= 0)) add("/overheads/kernel_tflops", "must be at least 0");
  }

  void check_scan() {
    try {
      scan_of(request_);
    } catch (const InputError& error) {
      add("/scan", error.what());
    }
  }

  const LinearAttentionRequest& request_;
  std::vector<InputIssue> issues_;
};

}  // namespace

void check_linear_attention(const LinearAttentionRequest& request) { Check(request).run(); }

}  // namespace twinlink::models
