#pragma once
// Policies: names that stand, at each point of a scenario, for an algorithm of the catalogue that
// somebody's program would call there.
//
//   vllm_dispatch   all_reduce: models/library/vllm_dispatch.h, for the machine's GPU generation
// Such a row is the chosen algorithm's plan and time; Result says what was chosen and, where others
// were asked for too, its regret: time / time of the fastest, itself included. It competes with
// nobody itself.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/collectives/catalogue.h"
#include "scenarios/result.h"
#include "topology/topology.h"

namespace twinlink::scenarios {

struct Policy {
  std::string_view name;
  models::Operation operation;
  std::string_view help;
  std::string_view source;
  // Throws UnsupportedError where it is not known.
  std::string (*choose)(const topology::Topology& machine,
                        const models::CollectiveRequest& request);
};

std::span<const Policy> policies();
const Policy* find_policy(models::Operation operation, std::string_view name);  // null: none

// The algorithm that a name of a scenario stands for. Throws UnsupportedError, InputError.
const models::Algorithm& algorithm_for(const std::string& name, const topology::Topology& machine,
                                       const models::CollectiveRequest& request);

// Sets Result::regret of policies' rows.
void add_regrets(std::vector<Result>& results);

}  // namespace twinlink::scenarios
