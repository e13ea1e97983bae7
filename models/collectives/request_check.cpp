#include "models/collectives/request_check.h"

#include <algorithm>
#include <cmath>

#include "models/collectives/all_to_all_blocks.h"
#include "models/collectives/group_frame.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

class Issues {
 public:
  void add(std::string pointer, std::string message) {
    issues_.push_back({std::move(pointer), std::move(message), {}, 0, 0});
  }
  void require_range(std::string pointer, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value >= low && value <= high) return;
    add(std::move(pointer), std::to_string(value) + " is outside " + std::to_string(low) + " to " +
                                std::to_string(high));
  }
  [[nodiscard]] bool none() const { return issues_.empty(); }
  [[nodiscard]] std::vector<InputIssue> take() { return std::move(issues_); }

 private:
  std::vector<InputIssue> issues_;
};

bool is_scan(Operation operation) {
  return operation == Operation::scan || operation == Operation::exscan;
}

void check_operation(Issues& issues, const Algorithm& algorithm, const CollectiveRequest& request) {
  if (request.operation != algorithm.operation)
    issues.add("/operation", "algorithm \"" + std::string(algorithm.name) + "\" is for " +
                                 std::string(name_of(algorithm.operation)) + ", not for " +
                                 std::string(name_of(request.operation)));
  if (request.suffix && !is_scan(algorithm.operation))
    issues.add("/params/direction", "only scans have a direction");
}

void check_ranks(Issues& issues, const CollectiveRequest& request) {
  issues.require_range("/ranks", static_cast<std::int64_t>(request.gpu_of_rank.size()), 1,
                       kPlanLimits.ranks);
  for (std::size_t r = 0; r < request.gpu_of_rank.size(); ++r)
    if (request.gpu_of_rank[r] < 0)
      issues.add("/gpu_of_rank/" + std::to_string(r),
                 std::to_string(request.gpu_of_rank[r]) + " is not the index of a GPU");
}

void check_group(Issues& issues, const CollectiveRequest& request, std::size_t g) {
  const std::vector<Rank>& group = request.groups[g];
  const std::string pointer = "/groups/" + std::to_string(g);
  if (group.empty()) issues.add(pointer, "a group needs at least one rank");
  std::vector<bool> seen(request.gpu_of_rank.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto refuse = [&](const std::string& why) {
      issues.add(pointer + "/" + std::to_string(i), "rank " + std::to_string(group[i].value) + why);
    };
    if (!group[i].valid() || group[i].index() >= seen.size())
      refuse(" does not exist; ranks are 0 to " +
             std::to_string(static_cast<std::int64_t>(seen.size()) - 1));
    else if (seen[group[i].index()])
      refuse(" is in the group twice");
    else
      seen[group[i].index()] = true;
  }
}

void check_sizes(Issues& issues, const CollectiveRequest& request) {
  const std::int64_t element = size_of(request.element);
  issues.require_range("/bytes", request.bytes.count, 0, kMaxRequestBytes.count);
  if (request.bytes.count % element != 0)
    issues.add("/bytes", std::to_string(request.bytes.count) + " bytes are not whole " +
                             std::string(name_of(request.element)) + " elements of " +
                             std::to_string(element) + " bytes");
  if (request.heads < 1)
    issues.add("/params/heads", std::to_string(request.heads) + " heads; at least 1 is needed");
}

void check_decays(Issues& issues, const CollectiveRequest& request) {
  const std::vector<double>& decays = request.decays;
  if (!decays.empty() && decays.size() != static_cast<std::size_t>(std::max(request.heads, 0)))
    issues.add("/params/decays", std::to_string(decays.size()) + " decays for " +
                                     std::to_string(request.heads) + " heads");
  for (std::size_t h = 0; h < decays.size(); ++h)
    if (!(decays[h] >= 0 && decays[h] <= 1))
      issues.add("/params/decays/" + std::to_string(h), "a decay lies between 0 and 1");
  if (!(request.horizon_error >= 0 && request.horizon_error < 1))
    issues.add("/params/horizon_error", "must be at least 0 and less than 1");
}

void check_lengths(Issues& issues, const CollectiveRequest& request) {
  constexpr std::int64_t kLongest = 1 << 18;  // sums over all ranks still are a decay power
  const std::vector<std::int32_t>& lengths = request.lengths;
  if (lengths.empty()) return;
  if (!is_scan(request.operation)) issues.add("/params/lengths", "only scans have chunk lengths");
  if (lengths.size() != request.gpu_of_rank.size())
    issues.add("/params/lengths", std::to_string(lengths.size()) + " lengths for " +
                                      std::to_string(request.gpu_of_rank.size()) + " ranks");
  for (std::size_t r = 0; r < lengths.size(); ++r)
    issues.require_range("/params/lengths/" + std::to_string(r), lengths[r], 1, kLongest);
}

void check_counts(Issues& issues, const CollectiveRequest& request) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;  // sums over all ranks fit in 64 bits
  const std::vector<std::int64_t>& counts = request.counts;
  if (counts.empty()) return;
  const std::size_t ranks = request.gpu_of_rank.size();
  if (request.operation != Operation::all_to_all)
    issues.add("/params/counts", "only all_to_all has counts");
  if (counts.size() != ranks && counts.size() != ranks * ranks)
    return issues.add("/params/counts", std::to_string(counts.size()) + " counts for " +
                                            std::to_string(ranks) +
                                            " ranks; one per rank, or one per pair");
  for (std::size_t i = 0; i < counts.size(); ++i)
    issues.require_range("/params/counts/" + std::to_string(i), counts[i], 0, kMost);
  if (issues.none() && largest_count_sum(request) == 0)
    issues.add("/params/counts", "all counts are 0");
}

void check_shape(Issues& issues, const LaneShape& shape) {
  issues.require_range("/shape/ctas", shape.ctas, 1, 65536);
  issues.require_range("/shape/threads", shape.threads, 32, 1024);
  if (shape.threads % 32 != 0)
    issues.add("/shape/threads", std::to_string(shape.threads) + " is not a multiple of 32");
  constexpr std::int16_t kVectorBytes[] = {1, 2, 4, 8, 16, 32};
  if (std::find(std::begin(kVectorBytes), std::end(kVectorBytes), shape.vector_bytes) ==
      std::end(kVectorBytes))
    issues.add("/shape/vector_bytes",
               std::to_string(shape.vector_bytes) + " is not one of 1, 2, 4, 8, 16, 32");
  issues.require_range("/shape/loads_in_flight", shape.loads_in_flight, 1, 64);
}

void check_local_work(Issues& issues, const CollectiveRequest& request) {
  const Compute& work = request.local_work;
  if (!std::isfinite(work.flops) || work.flops < 0)
    issues.add("/local_work/flops", "must be a finite number, at least 0");
  if (work.hbm_bytes.count < 0)
    issues.add("/local_work/hbm_bytes",
               std::to_string(work.hbm_bytes.count) + " is negative; at least 0 is needed");
  const bool asked = work.flops > 0 || work.hbm_bytes.count > 0;
  if (asked && !is_scan(request.operation)) issues.add("/local_work", "only scans have local work");
}

// What does the same with loads and stores of the SMs: of the names with "multimem" in them the
// part behind it; the first of the operation where there is none.
std::string nearest_without_multicast(const Algorithm& algorithm) {
  std::string first;
  for (const Algorithm& other : catalogue()) {
    if (other.operation != algorithm.operation || other.needs == Needs::multicast) continue;
    if (first.empty()) first = other.name;
    const bool same = algorithm.name == "multimem_" + std::string(other.name);
    if (same || other.name == "direct") return std::string(other.name);
  }
  return first;
}

// Sums and multicasts in the switch end at the domain.
void check_one_domain(Issues& issues, const Algorithm& algorithm,
                      const CollectiveRequest& request) {
  if (algorithm.needs != Needs::multicast || !request.multicast) return;
  if (request.domain_of_rank.size() != request.gpu_of_rank.size() || !issues.none()) return;
  const auto domain = [&](Rank rank) { return request.domain_of_rank[rank.index()]; };
  for (const std::vector<Rank>& group : groups_of(request)) {
    const bool one = std::all_of(group.begin(), group.end(),
                                 [&](Rank rank) { return domain(rank) == domain(group.front()); });
    if (one) continue;
    const bool sums = algorithm.operation == Operation::all_reduce;
    issues.add("/algorithm", "algorithm \"" + std::string(algorithm.name) +
                                 "\" needs all ranks of a group in one NVLink domain, because "
                                 "switches reduce and multicast only there. The nearest that "
                                 "works is \"" +
                                 (sums ? "hierarchical" : nearest_without_multicast(algorithm)) +
                                 "\"");
    return;
  }
}

void check_machine(Issues& issues, const Algorithm& algorithm, const CollectiveRequest& request) {
  const std::size_t ranks = request.gpu_of_rank.size();
  if (!request.domain_of_rank.empty() && request.domain_of_rank.size() != ranks)
    issues.add("/domain_of_rank", std::to_string(request.domain_of_rank.size()) + " domains for " +
                                      std::to_string(ranks) + " ranks");
  issues.require_range("/params/slices", request.slices, 0, 65536);
  issues.require_range("/params/channels", request.channels, 1, 1024);
  if (algorithm.needs == Needs::multicast && !request.multicast)
    issues.add("/algorithm", "algorithm \"" + std::string(algorithm.name) +
                                 "\" needs switches that reduce and multicast; this machine has "
                                 "none. The nearest that works is \"" +
                                 nearest_without_multicast(algorithm) + "\"");
}

// Only the algorithm knows; it may count on a request that is right otherwise.
void check_refusal(Issues& issues, const Algorithm& algorithm, const CollectiveRequest& request) {
  if (algorithm.refuses == nullptr || !issues.none()) return;
  const std::string reason = algorithm.refuses(request);
  if (!reason.empty()) issues.add("/algorithm", reason);
}

void check_plan_size(Issues& issues, const Algorithm& algorithm, const CollectiveRequest& request) {
  for (const std::int64_t size : group_sizes(request))
    if (size == 0) return;                                         // said already
  if (request.heads < 1 || !(request.horizon_error >= 0)) return;  // likewise
  const OpCounts counts = algorithm.plan_size(request);
  const auto over = [&](const char* what, std::size_t count, std::int64_t limit) {
    if (count <= static_cast<std::size_t>(limit)) return;
    issues.add("", "the plan of " + std::string(algorithm.name) + " would have " +
                       std::to_string(count) + " " + what + "; the limit is " +
                       std::to_string(limit));
  };
  over("ops", counts.ops, kPlanLimits.ops);
  over("slices", counts.slices, kPlanLimits.slices);
}

}  // namespace

void check_request(const Algorithm& algorithm, const CollectiveRequest& request) {
  Issues issues;
  check_operation(issues, algorithm, request);
  check_ranks(issues, request);
  for (std::size_t g = 0; g < request.groups.size(); ++g) check_group(issues, request, g);
  check_sizes(issues, request);
  check_decays(issues, request);
  check_lengths(issues, request);
  check_counts(issues, request);
  check_shape(issues, request.shape);
  check_local_work(issues, request);
  check_machine(issues, algorithm, request);
  check_one_domain(issues, algorithm, request);
  check_refusal(issues, algorithm, request);
  check_plan_size(issues, algorithm, request);
  if (!issues.none()) throw InputError(issues.take());
}

}  // namespace twinlink::models
