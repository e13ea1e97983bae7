#include "models/collectives/catalogue.h"

#include <array>

#include "models/collectives/all_reduce_one_shot.h"
#include "models/collectives/all_reduce_ring.h"
#include "models/collectives/all_reduce_two_shot.h"
#include "models/collectives/all_to_all_direct.h"
#include "models/collectives/exscan_blelloch.h"
#include "models/collectives/exscan_lasp_pr_tree.h"
#include "models/collectives/exscan_ring_coupled.h"
#include "models/collectives/exscan_ring_decoupled.h"
#include "models/collectives/group_frame.h"
#include "models/collectives/request_check.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

constexpr std::array kCatalogue{
    Algorithm{"ring", Operation::all_reduce,
              "reduce-scatter and all-gather around a ring, one share per step",
              "Patarasuk and Yuan, JPDC 69 (2009)",
              "2 (P-1) (alpha + ceil(n/P) beta) + (P-1) ceil(n/P) gamma", build_all_reduce_ring,
              counts_all_reduce_ring, closed_form_all_reduce_ring, plan_size_all_reduce_ring, 0},
    Algorithm{"one_shot", Operation::all_reduce,
              "every rank reads all inputs and adds them in the same order",
              "vLLM csrc/custom_all_reduce.cuh, 1-stage", "alpha + (P-1) n (beta + gamma)",
              build_all_reduce_one_shot, counts_all_reduce_one_shot,
              closed_form_all_reduce_one_shot, plan_size_all_reduce_one_shot, 0},
    Algorithm{"two_shot", Operation::all_reduce,
              "every rank reduces its share of all inputs, then fetches the other shares",
              "vLLM csrc/custom_all_reduce.cuh, 2-stage",
              "2 alpha + ((P-1) ceil(n/P) + n - floor(n/P)) beta + (P-1) ceil(n/P) gamma",
              build_all_reduce_two_shot, counts_all_reduce_two_shot,
              closed_form_all_reduce_two_shot, plan_size_all_reduce_two_shot, 0},
    Algorithm{"direct", Operation::all_to_all,
              "every rank pushes all its blocks at once, one lane per peer",
              "pairwise exchange with all pairs in flight",
              "alpha + max(n - floor(n/P), (P-1) ceil(n/P)) beta", build_all_to_all_direct,
              counts_all_to_all_direct, closed_form_all_to_all_direct, plan_size_all_to_all_direct,
              0},
    Algorithm{"ring_coupled", Operation::exscan,
              "LASP's ring: receive, local work, fold, send; local work is on the chain",
              "LASP, arXiv 2404.02882", "(P-1) (alpha + n beta + n gamma), plus P local works",
              build_exscan_ring_coupled, counts_exscan_ring_coupled,
              closed_form_exscan_ring_coupled, plan_size_exscan_ring_coupled, 0},
    Algorithm{"ring_decoupled", Operation::exscan,
              "local work everywhere first, then one fold-and-push per rank",
              "the fair baseline: LASP's ring with the local work off the chain",
              "(P-1) (alpha + n beta) + (P-2) n gamma, after the local work",
              build_exscan_ring_decoupled, counts_exscan_ring_decoupled,
              closed_form_exscan_ring_decoupled, plan_size_exscan_ring_decoupled, 0},
    Algorithm{"blelloch", Operation::exscan,
              "work-efficient tree, up and down, with the swap; any number of ranks",
              "Blelloch, CMU-CS-90-190 (1990)",
              "2 L (alpha + n beta) + A n gamma, A = 2 L (P a power of two) or 2 L - 1, after the "
              "local work",
              build_exscan_blelloch, counts_exscan_blelloch, closed_form_exscan_blelloch,
              plan_size_exscan_blelloch, 0},
    Algorithm{"lasp_pr_tree", Operation::exscan,
              "the tree of the LASP Blelloch pull request, as published: wrong from 8 ranks on",
              "BlellochScanner of the LASP Blelloch pull request, final version",
              "longest chain of its messages (P = 2^L: (L+2) (alpha + n beta) + (L+1) n gamma), "
              "after the local work",
              build_exscan_lasp_pr_tree, counts_exscan_lasp_pr_tree,
              closed_form_exscan_lasp_pr_tree, plan_size_exscan_lasp_pr_tree, 8},
};

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

// All names for the operation, for a message.
std::string names_for(Operation operation) {
  std::string names;
  for (const Algorithm& algorithm : kCatalogue)
    if (algorithm.operation == operation)
      names += (names.empty() ? "" : ", ") + std::string(algorithm.name);
  return names.empty() ? "none" : names;
}

std::string unknown_algorithm(Operation operation, const std::string& name) {
  std::vector<std::string> candidates;
  for (const Algorithm& algorithm : kCatalogue)
    if (algorithm.operation == operation) candidates.emplace_back(algorithm.name);
  const std::string near = nearest_name(name, candidates);
  std::string message = "unknown algorithm " + quoted(name) + " for " +
                        std::string(name_of(operation)) + " (there are: " + names_for(operation) +
                        ").";
  if (!near.empty()) message += " Did you mean " + quoted(near) + "?";
  return message;
}

}  // namespace

std::span<const Algorithm> catalogue() { return kCatalogue; }

const Algorithm& find_algorithm(Operation operation, const std::string& name) {
  for (const Algorithm& algorithm : kCatalogue)
    if (algorithm.operation == operation && algorithm.name == name) return algorithm;
  throw InputError(unknown_algorithm(operation, name));
}

Plan build_plan(const Algorithm& algorithm, CollectiveRequest request) {
  check_request(algorithm, request);
  request.groups = groups_of(request);
  return algorithm.build(request);
}

}  // namespace twinlink::models
