#pragma once
// Every plan builder by name, with its counts and closed form. The catalogue feeds the program, the
// docs and the tests: an algorithm that is not here does not exist.
//
// To add one: a file pair in this folder with build_, counts_, closed_form_ and plan_size_, and a
// row in the rows_*.cpp of its family.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/plan/plan.h"
#include "models/plan/plan_builder.h"
#include "topology/units.h"

namespace twinlink::models {

struct CollectiveRequest {
  Operation operation = Operation::all_reduce;
  bool suffix = false;
  std::vector<std::int32_t> gpu_of_rank;  // rank -> GPU
  std::vector<std::vector<Rank>> groups;  // empty: one group of all ranks
  Bytes bytes;                            // nccl-tests' size (group_frame.h); scans: one state
  ElementType element = ElementType::fp32;
  std::int32_t heads = 1;
  LaneShape shape;
  LaunchMode launch = LaunchMode::graph;
  // Scans that use what they know of the decays: one per head, in [0, 1] (empty: all 1), and the
  // relative size below which a term is left out (0: the unit roundoff of the element type).
  std::vector<double> decays;
  double horizon_error = 0;
  std::vector<std::int32_t>
      lengths;  // scans: of each rank's chunk, in powers of the decay; empty: 1
  // All-to-all: how what each rank has for each other one relates (all_to_all_blocks.h): one total
  // per rank, or ranks x ranks, row by row; empty: equal shares.
  std::vector<std::int64_t> counts;
  Compute local_work;  // scans: what a coupled algorithm does on the chain and others before it
  // Pieces that pipelined algorithms cut a state or share into; 0: the algorithm's own choice.
  std::int32_t slices = 0;
  // Ring all-reduce: independent rings at once, each on its own lane; bidirectional: as many more,
  // the other way around.
  std::int32_t channels = 1;
  bool bidirectional = false;
  // Of the machine: the NVLink domain of each rank (empty: all in one), and whether the switches of
  // a domain can reduce and multicast.
  std::vector<std::int32_t> domain_of_rank;
  bool multicast = false;
};

// What an algorithm moves, for one group of P members and n bytes, exactly as its plan does. With
// several groups: the sum of their messages, else the largest of any group.
// In the switch: a sum leaves every member it is made of once, the own one too, and enters once;
// a multicast leaves once and enters every destination, the own one too. Sums that the switch forms
// are nobody's applications.
struct AlgorithmCounts {
  std::int64_t rounds = 0;        // most ops on one chain that touch another rank's memory
  std::int64_t messages = 0;      // slices of another rank that ops read or write, empty ones too
  Bytes bytes_in, bytes_out;      // largest payload into and out of one member
  std::int64_t applications = 0;  // most operator applications on one chain (k sources: k - 1)
};

// Time without contention: alpha per message (s), beta s/byte of a port, gamma s/byte of combining.
// Rendezvous, launches and local work are not in it.
struct AlphaBetaGamma {
  double alpha = 0, beta = 0, gamma = 0;
};

// What a machine must have before an algorithm can be asked for.
enum class Needs : std::uint8_t { nothing, multicast };

struct Algorithm {
  std::string_view name;
  Operation operation;
  std::string_view help;
  std::string_view source;
  std::string_view closed_form_text;  // P members, n bytes, L = ceil(log2 P)
  Plan (*build)(const CollectiveRequest& request);
  AlgorithmCounts (*counts)(const CollectiveRequest& request);
  // Seconds. None: a library decides what happens, and the counts are only those of its call.
  double (*closed_form)(const CollectiveRequest& request, const AlphaBetaGamma& costs);
  OpCounts (*plan_size)(const CollectiveRequest& request);  // at most this; known before building
  int wrong_from = 0;  // > 0: published algorithm that is wrong from this many ranks on
  Needs needs = Needs::nothing;
  // Why the request is outside what the real kernel can do, so that a result is extrapolated;
  // empty: it is inside. None: the algorithm is not a copy of a shipped kernel.
  std::string (*beyond)(const CollectiveRequest& request) = nullptr;
  // Why the algorithm cannot serve this request at all, and what can; empty: it can. None: it
  // serves every request that passes the general checks.
  std::string (*refuses)(const CollectiveRequest& request) = nullptr;
};

std::span<const Algorithm> catalogue();
// Throws InputError with the nearest name.
const Algorithm& find_algorithm(Operation operation, const std::string& name);
// Checks the request (ranks, repeated ranks in a group, whole elements, limits: all issues at
// once), fills in the default group and builds.
Plan build_plan(const Algorithm& algorithm, CollectiveRequest request);

}  // namespace twinlink::models
