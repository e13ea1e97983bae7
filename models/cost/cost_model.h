#pragma once
// What an op costs on a machine: the latency before its bytes move, how many bytes move, how fast
// they could alone, and which resources each byte uses. The simulator shares the resources; it
// knows nothing of GPUs. Lower bounds use the same numbers.
//
//   latency   engine issue and the latency of the longest route; of sm ops also what their list
//   costs:
//             op_step, op_issue and the first round, fence and fence_step where they wait for
//             fenced flags (model.md); a launch: gap, launch_ramp, launch_order In the switch:
//             multimem_round for all peers together.
//   cap       sm: the smaller of payload / (trips x round) and what the SMs under its CTAs can move
//             (sm_rate.h: also where op_issue, sm_load_rate and sm_store_rate are known); trips =
//             ceil(bytes per block / (threads x vector x loads)), round = one + (peers-1) peer_step
//             (parallel) or peers x one + local_round (serial), with one = remote_round + (loads-1)
//             load_step + there and back (pull) or push_round (push); without a peer local_round.
//             Copy engine: copy_rate; weight copy_weight, or with copy_share what makes it so many
//             bytes per byte of the others
//   compute   latency its fixed time; payload the ps it takes alone (compute_cost.h), which pass at
//             1e12 a second: its weight, so that a level of 1 is its natural rate. Per ps it uses
//             so many ps of its GPU's SMs (their capacity is 1e12 a second, less what the clock and
//             held CTAs take) and so many bytes of HBM.
//   per_byte  link: share of the route x wire factor; HBM: bytes read or written per payload byte
// Payload of a copy or reduce is the size of its largest source (or destination, if it has none);
// pattern entries scale the others to it.
// Not modelled here: sharing and clocks (sim), L2 residency.
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/cost/calibration.h"
#include "models/cost/power.h"
#include "models/plan/plan.h"
#include "topology/route.h"
#include "topology/topology.h"

namespace twinlink::models {

enum class ResourceKind : std::uint8_t { link, hbm, sms };

struct Resource {
  ResourceKind kind;
  double capacity;     // bytes per second; sms: ps of all SMs at full clock per second, 1e12
  std::int32_t index;  // LinkId or GPU index
};

struct Use {
  std::int32_t resource;
  double per_byte;  // bytes of the resource per payload byte
};

struct OpCost {
  Duration latency{};
  double payload = 0;        // bytes (compute: ps); 0: done after the latency
  double ahead = 0;          // of it still to pass when the lane goes on to its next op
  double cap = 0;            // payload per second, unloaded; infinity: only resources limit it
  double weight = 1;         // in weighted max-min sharing
  std::int32_t pattern = 0;  // index of its resource uses
  bool soft = false;         // sm traffic on a calibrated machine: soft minimum with its resource
  bool engine = false;       // its weight follows that of others (engine_share)
};

// What an sm op runs beside.
struct Beside {
  OpId product{};       // fills the GPU, or did when the op's kernel came in; invalid: none
  bool packed = false;  // its kernel came in while the product filled the GPU
  double room = 0;      // share of such kernels that find SMs of their own (last_wave)
};

// Names of compute ops that stand for the start of a library's kernel.
inline constexpr const char* kNcclStartLl = "nccl start ll";
inline constexpr const char* kNcclStartLl128 = "nccl start ll128";
inline constexpr const char* kNcclStartSimple = "nccl start simple";
inline constexpr const char* kNcclStartNvls = "nccl start nvls";
inline constexpr const char* kNcclStartChannel = "nccl start channel";

class CostModel {
 public:
  // Keeps references to all three; the plan's GPUs must exist in the topology (else InputError).
  CostModel(const topology::Topology& topology, const CalibrationProfile& profile,
            const Plan& plan);
  ~CostModel();
  CostModel(const CostModel&) = delete;
  CostModel& operator=(const CostModel&) = delete;

  // Cost of an op. Interns patterns on the way (so not const and not thread-safe).
  OpCost cost(OpId id, const Beside& beside = {});
  // Ascending by resource, merged; valid as long as the model.
  [[nodiscard]] std::span<const Use> pattern(std::int32_t index) const;
  [[nodiscard]] const std::vector<Resource>& resources() const;
  [[nodiscard]] std::string name_of(std::int32_t resource) const;
  // How long after what launches it the lane's kernel begins: for the first op of an sm lane, else
  // 0. Launched is it at time 0, or by the event, graph or stream memory edges of that op; waiting
  // for flags happens inside the kernel, at the same time.
  [[nodiscard]] Duration launch_gap(OpId id) const;
  // What an edge adds between the end of the op depended on and the start of the dependent.
  // crosses: to another GPU (event, graph, stream memory), or to another rank (flags, inline data:
  // ranks that share a GPU publish and poll as others do, measured at 3.6 to 3.8 us a fenced hop on
  // H200 where two GPUs take about 5).
  [[nodiscard]] Duration edge_latency(Edge edge, bool crosses) const;
  // Cost of a rendezvous after its last member arrived.
  [[nodiscard]] Duration barrier_latency(Edge edge) const;
  // Index of the first of the resources that are SMs, one per GPU, last in the list; the size of
  // the list if no op of the plan needs them.
  [[nodiscard]] std::size_t first_sms() const;
  [[nodiscard]] const PowerModel& power() const;
  // The bytes that engine flows take per byte of the others where both fill a resource; 0: no op is
  // one.
  [[nodiscard]] double engine_share() const;
  // Whether compute ops fill the SMs of their GPU, so that its kernels begin in order.
  [[nodiscard]] bool in_order() const;
  // The share of a GPU's SMs that this op (invalid: any) works at while lanes that compute nothing
  // hold so many CTAs there (compute_cost.h); above 0.
  [[nodiscard]] double free_sms(OpId op, std::int32_t held) const;
  // The share of a compute op's work that leaves SMs for others (compute_cost.h); 0: none does.
  [[nodiscard]] double last_wave(OpId op, std::int32_t held) const;
  // CTAs to an SM where a kernel comes in beside a product; 0: they are spread as ever.
  [[nodiscard]] int packed_ctas() const;
  // CTAs that fit on one GPU at once; 0: no limit. Copy engine queues of one GPU; 0: no limit.
  [[nodiscard]] int cta_slots() const;
  [[nodiscard]] int copy_slots() const;
  // Heap bytes of the patterns seen so far and of what is kept per op, lane and kernel.
  [[nodiscard]] std::size_t memory_bytes() const;
  // Worst provenance of the topology and of the constants that this plan's kinds of work touch.
  [[nodiscard]] Provenance provenance() const;
  // True if the plan's ranks or sizes lie outside the profile's calibrated range.
  [[nodiscard]] bool extrapolated() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twinlink::models
