#pragma once
// CalibrationProfile: every constant of the machine model that is not wiring, with its provenance.
//
// Constants are measured end to end over the machine's own fabric; a link's latency in the Topology
// is what comes on top of them (on `crossbar` all constants are zero or infinite and the links hold
// everything). Durations in us, rates in GB/s (1e9 bytes/s, per direction), factors without unit.
// A value of 0 for a rate means "no limit". One table (constant_table) drives readers, writers,
// schema and docs; adding a constant means one field and one row. Constants that are `optional`
// were separated from others later: a profile without one has 0 there, and the others cover it.
//
// Compute. A peak of 0 in a precision other than bf16: the GPU lacks it, where peak_flops is given;
// peak_flops 0: no limit in any. An efficiency of 0: flops_efficiency. memory_efficiency 0: 1.
// Power, in W, is that of the whole GPU while one kind of work runs alone at full clock and full
// rate, idle power included; 0: not known, it adds nothing. power_limit 0: no limit.
#include <span>
#include <string>
#include <string_view>

#include "topology/provenance.h"
#include "topology/units.h"

namespace twinlink::models {

struct Constant {
  double value = 0;
  double spread = 0;  // one sigma, same unit; 0: not known
  Provenance provenance = Provenance::assumed;
  std::string source;
};

struct CalibrationProfile {
  std::string name;
  std::string about;
  // Calibrated range: outside it a result is marked extrapolated. 0: nothing was calibrated.
  int calibrated_ranks = 0;
  Bytes calibrated_bytes_min, calibrated_bytes_max;

  Constant graph_gap;           // us; kernel launched by a CUDA graph node, gap and ramp
  Constant eager_gap;           // us; kernel launched by the host
  Constant barrier_relaxed;     // us; all ranks meet, nothing is ordered
  Constant barrier_fenced;      // us; all ranks meet, earlier stores become visible
  Constant flag;                // us; one way, store to the waiter's flag until it is seen
  Constant fence;               // us; a fenced flag, on top: earlier stores become visible
  Constant fence_step;          // us; each doubling of a lane's CTAs lengthens a fenced wait
  Constant launch_order;        // us; a launch waits for the end of the last on other GPUs
  Constant launch_ramp;         // us; each 1024 threads of a kernel that walks op lists
  Constant store_end;           // us; a kernel that stores ends so much later
  Constant kernel_ramp;         // us; each 1024 threads of any kernel of ours, at its launch
  Constant op_issue;            // us; an sm op, first instruction to last store, transfer apart
  Constant op_step;             // us; a lane goes on to the next op of its list
  Constant op_step_kept;        // us; likewise, of a list in registers; 0: op_step
  Constant event;               // us; CUDA event or graph edge between two GPUs, launch gap apart
  Constant stream_memory;       // us; stream write and wait on a memory word
  Constant remote_round;        // us; one dependent round of loads from a peer (L)
  Constant push_round;          // us; one round of stores to a peer (posted, not waited for)
  Constant load_step;           // us; each further load in flight per thread lengthens a round
  Constant peer_step;           // us; each further peer loaded in parallel lengthens a round (l1)
  Constant multimem_round;      // us; one dependent round of sums formed in the switch (Lm)
  Constant local_round;         // us; one dependent round of loads from own memory (Ll)
  Constant hbm_wait;            // us; such a round is longer beside a product that fills HBM
  Constant loads_together;      // sources that an op of ours loads before it waits; 0: all
  Constant sm_decay_rate;       // GB/s; terms that one SM multiplies by factors; 0: no limit
  Constant sm_inline_rate;      // GB/s; inline data that one SM stores or takes; 0: no limit
  Constant push_overlap;        // us; of a push's transfer that passes while its op begins and ends
  Constant push_ahead;          // us; so long before its push has drained a lane goes on
  Constant l1;                  // GiB; what an SM keeps of peers' memory until the next wait
  Constant l1_beside;           // GiB; in flight on an SM that a product has just left; 0: no limit
  Constant sm_beside;           // SM clock beside a product bound by FLOPs, of alone; 0: 1
  Constant sm_rate;             // GB/s; what the loads and stores of one SM reach at most
  Constant sm_load_rate;        // GB/s; loads of one SM alone; with sm_store_rate in its place
  Constant sm_store_rate;       // GB/s; stores of one SM alone
  Constant copy_push_issue;     // us; copy engine, first byte after issue, destination remote
  Constant copy_pull_issue;     // us; copy engine, source remote
  Constant copy_local_issue;    // us; copy engine, both on the same GPU
  Constant copy_rate;           // GB/s; cap of one copy engine queue
  Constant copy_weight;         // GB/s; its weight in weighted max-min sharing
  Constant copy_local_rate;     // GB/s; cap where both ends are on one GPU; 0: copy_rate
  Constant copy_share;          // bytes of engines per byte of SMs where both want more; 0: none
  Constant wire_pull;           // wire bytes towards the reader per payload byte of an sm pull
  Constant wire_pull_request;   // wire bytes the other way per payload byte of an sm pull
  Constant wire_push;           // wire bytes towards the destination per payload byte of an sm push
  Constant wire_push_ack;       // wire bytes the other way per payload byte of an sm push
  Constant wire_copy;           // wire bytes per payload byte of a copy engine transfer, either way
  Constant wire_multimem;       // wire bytes per payload byte of in-switch sums and multicasts
  Constant wire_ll;             // further factor on payload where edges are inline_ll
  Constant wire_ll128;          // further factor on payload where edges are inline_ll128
  Constant nic_issue;           // us; what a transfer through a NIC pays on top, once
  Constant nic_rate;            // GB/s; cap of one NIC, 0: its links' rates alone
  Constant wire_nic;            // wire bytes per payload byte of a transfer through a NIC, one way
  Constant hbm;                 // GB/s; HBM of one GPU, reads plus writes
  Constant hbm_turn;            // where half is read, half written, of HBM's time for turning round
  Constant l2;                  // GiB; what one GPU's L2 keeps of a plan that runs again
  Constant l2_rate;             // GB/s; bytes that L2 has, reads plus writes; 0: as hbm
  Constant l2_store_rate;       // GB/s; stores that L2 keeps; 0: l2_rate alone
  Constant l2_round;            // us; one dependent round of loads that own L2 has; 0: local_round
  Constant nccl_start_ll;       // us; kernel start to first data of NCCL's LL, launch gap apart
  Constant nccl_start_ll128;    // us; of LL128
  Constant nccl_start_simple;   // us; of Simple
  Constant nccl_start_nvls;     // us; of NVLS
  Constant nccl_start_channel;  // us; Simple: each channel comes so much after the one before
  Constant nccl_loop_nvls;      // us; a loop of NVLS but its rounds: flags of all ranks, fences
  Constant nccl_hop_ll;         // us; one LL hop, data to data; 0: flag
  Constant nccl_hop_ll128;      // us; one LL128 hop, data to data (Simple: flag)
  Constant nccl_channel_ll;     // GB/s; payload of one channel (CTA) with LL
  Constant nccl_channel_ll128;  // GB/s; with LL128
  Constant nccl_channel_simple;      // GB/s; with Simple
  Constant sms;                      // SMs of one GPU; 0: no limit on co-resident CTAs
  Constant ctas_per_sm;              // co-resident CTAs on one SM
  Constant blocks_fill_sms;          // 1: blocks of compute ops fill SMs, kernels go in order
  Constant gemm_tile;                // elements of a product's result that one block makes
  Constant copy_engines;             // copy engine queues of one GPU that run at once
  Constant peak_flops;               // TFLOP/s; dense bf16
  Constant peak_fp32_flops;          // TFLOP/s; fp32 on the CUDA cores, not TF32
  Constant peak_fp8_flops;           // TFLOP/s; dense fp8
  Constant peak_fp4_flops;           // TFLOP/s; dense fp4
  Constant flops_efficiency;         // share of the peak that a compute op reaches
  Constant attention_efficiency;     // likewise, attention
  Constant grouped_gemm_efficiency;  // likewise, grouped products of mixtures of experts
  Constant dense_gemm_efficiency;    // likewise, dense products
  Constant dense_gemm_memory;        // share of reached HBM that dense products get; 0: 1
  Constant memory_efficiency;        // share of hbm that a kernel alone reaches
  Constant hbm_capacity;             // GiB of one GPU; 0: no limit
  Constant power_limit;              // W of one GPU; what it draws on top lowers its clock
  Constant power_idle;               // W
  Constant power_attention;          // W; attention alone
  Constant power_gemm;               // W; grouped or dense products alone
  Constant power_memory;             // W; kernels bound by HBM alone
  Constant power_communication;      // W; transfers in and out at once, alone
  Constant clock_time;               // us; time constant with which the clock follows power
};

struct ConstantTraits {
  std::string_view name;  // as in JSON
  std::string_view unit;  // "us", "GB/s", "TFLOP/s", "GiB", "W", "" (a factor, a count)
  Constant CalibrationProfile::*field;
  std::string_view help;
  bool optional = false;  // a profile may lack it
};

std::span<const ConstantTraits> constant_table();

// CTAs that fit on one GPU at once; 0: no limit.
int cta_slots(const CalibrationProfile& profile);

// The ideal profile of `crossbar`: nothing costs anything but the wire.
CalibrationProfile ideal_profile();

}  // namespace twinlink::models
