#include <algorithm>
#include <numeric>

#include "models/collectives/request_check.h"
#include "models/workloads/dp_attention_parts.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

class Issues {
 public:
  void add(std::string pointer, std::string message) {
    all_.push_back({std::move(pointer), std::move(message), {}, 0, 0});
  }
  [[nodiscard]] bool none() const { return all_.empty(); }
  void throw_if_any() {
    if (!none()) throw InputError(std::move(all_));
  }

 private:
  std::vector<InputIssue> all_;
};

std::string text(std::int64_t number) { return std::to_string(number); }

void check_groups(Issues& issues, const DpAttentionRequest& request) {
  const auto tp = static_cast<std::int64_t>(request.gpu_of_rank.size());
  if (tp < 1 || tp > kPlanLimits.ranks)
    issues.add("/tp", text(tp) + " ranks; 1 to " + text(kPlanLimits.ranks) + " can be had");
  else if (request.dp < 1 || tp % request.dp != 0)
    issues.add("/dp", text(request.dp) + " attention groups cannot share " + text(tp) +
                          " ranks evenly: dp must divide tp");
  if (static_cast<std::int64_t>(request.tokens.size()) != request.dp)
    issues.add("/tokens", text(static_cast<std::int64_t>(request.tokens.size())) +
                              " numbers of tokens for " + text(request.dp) + " attention groups");
}

void check_sizes(Issues& issues, const DpAttentionRequest& request) {
  constexpr std::int64_t kMost = std::int64_t{1} << 32;
  for (std::size_t g = 0; g < request.tokens.size(); ++g)
    if (request.tokens[g] < 0 || request.tokens[g] > kMost)
      issues.add("/tokens/" + text(static_cast<std::int64_t>(g)),
                 text(request.tokens[g]) + " tokens; 0 to 2^32 are possible");
  if (request.hidden < 1 || request.hidden > (1 << 20))
    issues.add("/hidden", text(request.hidden) + " is outside 1 to 1048576");
  if (request.layers < 1 || request.layers > 1000)
    issues.add("/layers", text(request.layers) + " is outside 1 to 1000");
}

// Precondition: what the other checks look at is right.
void check_rows(Issues& issues, const DpAttentionRequest& request) {
  const double bytes = static_cast<double>(rows_of(request).all) *
                       static_cast<double>(request.hidden) * size_of(request.element);
  if (bytes > static_cast<double>(kMaxRequestBytes.count))
    issues.add("/tokens", "all rows together have more than 2^50 bytes");
  const bool ragged = request.padding == Padding::sum_len;
  if (ragged && request.combine == Combine::reduce_scatter)
    issues.add("/padding",
               "a reduce-scatter deals equal shares, and sum_len gives the groups "
               "different numbers of rows: take max_len, or combine by all_reduce");
}

std::int64_t longest(const DpAttentionRequest& request) {
  return *std::max_element(request.tokens.begin(), request.tokens.end());
}

bool pads(const DpAttentionRequest& request) {
  switch (request.padding) {
    case Padding::max_len: return true;
    case Padding::sum_len: return false;
    case Padding::automatic: break;
  }
  const std::int64_t sum =
      std::accumulate(request.tokens.begin(), request.tokens.end(), std::int64_t{0});
  return 2 * sum > longest(request) * request.dp;
}

}  // namespace

void check_request(const DpAttentionRequest& request) {
  Issues issues;
  check_groups(issues, request);
  check_sizes(issues, request);
  if (issues.none()) check_rows(issues, request);
  issues.throw_if_any();
}

DpRows rows_of(const DpAttentionRequest& request) {
  const std::int64_t a = static_cast<std::int64_t>(request.gpu_of_rank.size()) / request.dp;
  const std::int64_t slot = (longest(request) + a - 1) / a * a;
  DpRows rows{pads(request), 0, {}, {}};
  for (const std::int64_t tokens : request.tokens) {
    rows.begin.push_back(rows.all);
    rows.count.push_back(rows.padded ? slot : tokens);
    rows.all += rows.count.back();
  }
  return rows;
}

bool scatters(const DpAttentionRequest& request) {
  return request.combine == Combine::reduce_scatter && pads(request);
}

Bytes global_bytes(const DpAttentionRequest& request) {
  return {rows_of(request).all * request.hidden * size_of(request.element)};
}

}  // namespace twinlink::models
