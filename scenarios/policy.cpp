#include "scenarios/policy.h"

#include <algorithm>
#include <array>

#include "models/library/lower.h"
#include "models/library/vllm_dispatch.h"
#include "scenarios/contest.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

std::string vllm_choice(const topology::Topology& machine,
                        const models::CollectiveRequest& request) {
  std::size_t members = request.groups.empty() ? request.gpu_of_rank.size() : 0;
  for (const std::vector<Rank>& group : request.groups) members = std::max(members, group.size());
  for (const std::vector<Rank>& group : request.groups)
    if (group.size() != members)
      throw UnsupportedError(
          "which all-reduce vLLM calls is not known for groups of several sizes");
  const models::LibraryMachine known = models::library_machine(machine);
  return std::string(
      models::vllm_all_reduce(known.generation, static_cast<int>(members), request.bytes));
}

constexpr std::array kPolicies{
    Policy{"vllm_dispatch", models::Operation::all_reduce,
           "what vLLM calls at this size: ca_1stage, ca_2stage, symmetric memory or nccl",
           "vllm-project/vllm pull request 24111", vllm_choice},
};

bool is_same_point(const Contest& contest, const Result& row) {
  return contest.machine == row.machine && contest.variant == row.variant &&
         contest.ranks == row.ranks && contest.bytes == row.bytes;
}

}  // namespace

std::span<const Policy> policies() { return kPolicies; }

const Policy* find_policy(models::Operation operation, std::string_view name) {
  for (const Policy& policy : kPolicies)
    if (policy.operation == operation && policy.name == name) return &policy;
  return nullptr;
}

const models::Algorithm& algorithm_for(const std::string& name, const topology::Topology& machine,
                                       const models::CollectiveRequest& request) {
  const Policy* policy = find_policy(request.operation, name);
  return models::find_algorithm(request.operation,
                                policy == nullptr ? name : policy->choose(machine, request));
}

void add_regrets(std::vector<Result>& results) {
  const std::vector<Contest> all = contests(results);
  for (Result& row : results) {
    if (row.chosen.empty() || !row.time_us) continue;
    const auto found = std::ranges::find_if(
        all, [&](const Contest& contest) { return is_same_point(contest, row); });
    if (found == all.end()) continue;
    const double best = std::min(*found->order.front()->time_us, *row.time_us);
    if (best > 0) row.regret = *row.time_us / best;
  }
}

}  // namespace twinlink::scenarios
