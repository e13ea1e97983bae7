#include "models/cost/calibration.h"

#include <array>

namespace twinlink::models {
namespace {

using P = CalibrationProfile;

constexpr std::array kConstants{
    ConstantTraits{"graph_gap", "us", &P::graph_gap,
                   "kernel launched by a CUDA graph node: gap and ramp"},
    ConstantTraits{"eager_gap", "us", &P::eager_gap, "kernel launched by the host: gap and ramp"},
    ConstantTraits{"barrier_relaxed", "us", &P::barrier_relaxed,
                   "all ranks meet, nothing is ordered"},
    ConstantTraits{"barrier_fenced", "us", &P::barrier_fenced,
                   "all ranks meet, earlier stores are visible"},
    ConstantTraits{"flag", "us", &P::flag, "one way: store to the waiter's flag until it is seen"},
    ConstantTraits{"fence", "us", &P::fence, "a fenced flag, on top of flag", true},
    ConstantTraits{"fence_step", "us", &P::fence_step,
                   "each doubling of a lane's CTAs, in a fenced wait", true},
    ConstantTraits{"launch_order", "us", &P::launch_order,
                   "a launch waits for the end of the last on other GPUs, where data ask for it",
                   true},
    ConstantTraits{"launch_ramp", "us", &P::launch_ramp,
                   "each 1024 threads of a kernel that walks op lists, at its launch", true},
    ConstantTraits{"store_end", "us", &P::store_end, "a kernel that stores ends so much later",
                   true},
    ConstantTraits{"kernel_ramp", "us", &P::kernel_ramp,
                   "each 1024 threads of any kernel, at its launch", true},
    ConstantTraits{"op_issue", "us", &P::op_issue,
                   "an sm op: first instruction to last store, transfer apart", true},
    ConstantTraits{"op_step", "us", &P::op_step, "a lane goes on to the next op of its list", true},
    ConstantTraits{"event", "us", &P::event,
                   "CUDA event or graph edge between two GPUs, launch gap apart"},
    ConstantTraits{"stream_memory", "us", &P::stream_memory,
                   "stream write and wait on a memory word"},
    ConstantTraits{"remote_round", "us", &P::remote_round,
                   "one dependent round of loads from a peer"},
    ConstantTraits{"push_round", "us", &P::push_round, "one round of stores to a peer, posted"},
    ConstantTraits{"load_step", "us", &P::load_step, "each further load in flight per thread"},
    ConstantTraits{"peer_step", "us", &P::peer_step, "each further peer loaded in parallel"},
    ConstantTraits{"multimem_round", "us", &P::multimem_round,
                   "one dependent round of sums formed in the switch"},
    ConstantTraits{"local_round", "us", &P::local_round,
                   "one dependent round of loads from own memory"},
    ConstantTraits{"loads_together", "", &P::loads_together,
                   "sources that an op loads before it waits; 0: all", true},
    ConstantTraits{"sm_decay_rate", "GB/s", &P::sm_decay_rate,
                   "terms that one SM multiplies by factors; 0: no limit", true},
    ConstantTraits{"sm_inline_rate", "GB/s", &P::sm_inline_rate,
                   "inline data that one SM stores or takes; 0: no limit", true},
    ConstantTraits{"push_overlap", "us", &P::push_overlap,
                   "of a push's transfer, passes while its op begins and ends", true},
    ConstantTraits{"push_ahead", "us", &P::push_ahead,
                   "so long before its push has drained a lane goes on", true},
    ConstantTraits{"l1", "GiB", &P::l1, "what an SM keeps of peers' memory until the next wait",
                   true},
    ConstantTraits{"sm_rate", "GB/s", &P::sm_rate, "most that loads and stores of one SM reach"},
    ConstantTraits{"sm_load_rate", "GB/s", &P::sm_load_rate,
                   "most that loads of one SM reach alone; 0: sm_rate covers it", true},
    ConstantTraits{"sm_store_rate", "GB/s", &P::sm_store_rate,
                   "most that stores of one SM reach alone; 0: sm_rate covers it", true},
    ConstantTraits{"copy_push_issue", "us", &P::copy_push_issue,
                   "copy engine start, remote destination"},
    ConstantTraits{"copy_pull_issue", "us", &P::copy_pull_issue,
                   "copy engine start, remote source"},
    ConstantTraits{"copy_local_issue", "us", &P::copy_local_issue, "copy engine start, same GPU"},
    ConstantTraits{"copy_rate", "GB/s", &P::copy_rate, "cap of one copy engine queue"},
    ConstantTraits{"copy_weight", "GB/s", &P::copy_weight, "copy engine's weight in sharing"},
    ConstantTraits{"copy_local_rate", "GB/s", &P::copy_local_rate,
                   "cap of one queue on one GPU; 0: copy_rate", true},
    ConstantTraits{"copy_share", "", &P::copy_share,
                   "copy engines' bytes per byte of SMs on what both fill; 0: copy_weight", true},
    ConstantTraits{"wire_pull", "", &P::wire_pull,
                   "wire bytes to the reader per byte pulled by SMs"},
    ConstantTraits{"wire_pull_request", "", &P::wire_pull_request,
                   "wire bytes back per byte pulled by SMs"},
    ConstantTraits{"wire_push", "", &P::wire_push, "wire bytes forward per byte pushed by SMs"},
    ConstantTraits{"wire_push_ack", "", &P::wire_push_ack,
                   "wire bytes back per byte pushed by SMs"},
    ConstantTraits{"wire_copy", "", &P::wire_copy, "wire bytes per byte moved by a copy engine"},
    ConstantTraits{"wire_multimem", "", &P::wire_multimem,
                   "wire bytes per byte of in-switch sums and multicasts"},
    ConstantTraits{"wire_ll", "", &P::wire_ll, "further factor on LL payload"},
    ConstantTraits{"wire_ll128", "", &P::wire_ll128, "further factor on LL128 payload"},
    ConstantTraits{"nic_issue", "us", &P::nic_issue, "what a transfer through a NIC pays on top"},
    ConstantTraits{"nic_rate", "GB/s", &P::nic_rate, "cap of one NIC"},
    ConstantTraits{"wire_nic", "", &P::wire_nic, "wire bytes per byte through a NIC"},
    ConstantTraits{"hbm", "GB/s", &P::hbm, "HBM of one GPU, reads plus writes"},
    ConstantTraits{"l2", "GiB", &P::l2, "what one GPU's L2 keeps of a plan that runs again", true},
    ConstantTraits{"l2_rate", "GB/s", &P::l2_rate, "bytes that L2 has, reads plus writes", true},
    ConstantTraits{"l2_round", "us", &P::l2_round,
                   "one dependent round of loads that own L2 has; 0: local_round", true},
    ConstantTraits{"nccl_start_ll", "us", &P::nccl_start_ll,
                   "NCCL with LL: kernel start to first data, launch gap apart"},
    ConstantTraits{"nccl_start_ll128", "us", &P::nccl_start_ll128, "NCCL with LL128: likewise"},
    ConstantTraits{"nccl_start_simple", "us", &P::nccl_start_simple, "NCCL with Simple: likewise"},
    ConstantTraits{"nccl_start_nvls", "us", &P::nccl_start_nvls, "NCCL with NVLS: likewise"},
    ConstantTraits{"nccl_start_channel", "us", &P::nccl_start_channel,
                   "NCCL with Simple: each channel comes so much after the one before", true},
    ConstantTraits{"nccl_hop_ll128", "us", &P::nccl_hop_ll128, "one hop of LL128"},
    ConstantTraits{"nccl_channel_ll", "GB/s", &P::nccl_channel_ll, "one NCCL channel with LL"},
    ConstantTraits{"nccl_channel_ll128", "GB/s", &P::nccl_channel_ll128,
                   "one NCCL channel with LL128"},
    ConstantTraits{"nccl_channel_simple", "GB/s", &P::nccl_channel_simple,
                   "one NCCL channel with Simple"},
    ConstantTraits{"sms", "", &P::sms, "streaming multiprocessors of one GPU"},
    ConstantTraits{"ctas_per_sm", "", &P::ctas_per_sm, "co-resident CTAs of one SM"},
    ConstantTraits{"blocks_fill_sms", "", &P::blocks_fill_sms,
                   "1: blocks of compute ops leave no room on an SM; 0: kernels run side by side",
                   true},
    ConstantTraits{"gemm_tile", "", &P::gemm_tile,
                   "elements of its result that a block of a product makes; 0: no waves", true},
    ConstantTraits{"copy_engines", "", &P::copy_engines, "copy engine queues that run at once"},
    ConstantTraits{"peak_flops", "TFLOP/s", &P::peak_flops, "dense bf16 peak"},
    ConstantTraits{"peak_fp32_flops", "TFLOP/s", &P::peak_fp32_flops,
                   "fp32 peak of the CUDA cores"},
    ConstantTraits{"peak_fp8_flops", "TFLOP/s", &P::peak_fp8_flops, "dense fp8 peak"},
    ConstantTraits{"peak_fp4_flops", "TFLOP/s", &P::peak_fp4_flops, "dense fp4 peak"},
    ConstantTraits{"flops_efficiency", "", &P::flops_efficiency,
                   "share of the peak a compute op reaches"},
    ConstantTraits{"attention_efficiency", "", &P::attention_efficiency,
                   "likewise, attention; 0: flops_efficiency"},
    ConstantTraits{"grouped_gemm_efficiency", "", &P::grouped_gemm_efficiency,
                   "likewise, grouped products; 0: flops_efficiency"},
    ConstantTraits{"dense_gemm_efficiency", "", &P::dense_gemm_efficiency,
                   "likewise, dense products; 0: flops_efficiency"},
    ConstantTraits{"memory_efficiency", "", &P::memory_efficiency,
                   "share of hbm that a kernel alone reaches; 0: all of it"},
    ConstantTraits{"hbm_capacity", "GiB", &P::hbm_capacity, "HBM of one GPU"},
    ConstantTraits{"power_limit", "W", &P::power_limit, "power above which a GPU lowers its clock"},
    ConstantTraits{"power_idle", "W", &P::power_idle, "power of an idle GPU"},
    ConstantTraits{"power_attention", "W", &P::power_attention, "power of attention alone"},
    ConstantTraits{"power_gemm", "W", &P::power_gemm, "power of matrix products alone"},
    ConstantTraits{"power_memory", "W", &P::power_memory, "power of kernels bound by HBM alone"},
    ConstantTraits{"power_communication", "W", &P::power_communication,
                   "power of transfers in and out at once, alone"},
    ConstantTraits{"clock_time", "us", &P::clock_time, "time constant of the clock"},
};

}  // namespace

std::span<const ConstantTraits> constant_table() { return kConstants; }

int cta_slots(const CalibrationProfile& profile) {
  return static_cast<int>(profile.sms.value * profile.ctas_per_sm.value);
}

CalibrationProfile ideal_profile() {
  CalibrationProfile ideal;
  ideal.name = "crossbar";
  ideal.about = "Ideal by definition: only the links cost time.";
  for (const ConstantTraits& traits : kConstants)
    ideal.*traits.field = {0, 0, Provenance::assumed, "ideal by definition"};
  for (auto wire : {&P::wire_pull, &P::wire_push, &P::wire_copy, &P::wire_multimem, &P::wire_ll,
                    &P::wire_ll128, &P::wire_nic, &P::flops_efficiency, &P::memory_efficiency})
    (ideal.*wire).value = 1;
  return ideal;
}

}  // namespace twinlink::models
