#pragma once
// How NCCL lays a chosen algorithm out: the channels that its search of the machine finds, how many
// of them a size is worth, threads and chunks. Part of models/library/nccl_tuning.h.
//
//   graph      the ring search tries the tabulated speeds s from the highest and keeps the largest
//              s x floor(total / s), at most 16 channels; fast channels are then split in two. A
//              communicator has twice the channels of its graph. NVLS: one head per rank (at most
//              32) at the highest speed with s (heads + 1) <= total
//   reduction  one channel less while bytes < channels x threads x threshold, then half the threads
//   chunk      ring, tree: LL 32 KiB, LL128 562.5 KiB, Simple ring 2 MiB in slices of 1 MiB, tree
//              512 KiB; NVLS: 128 KiB; 64 if bytes < 64 ops chunk; 32 if < 8 ops chunk; 16 if < 2
//              ops chunk, ops = channels x heads
#include "models/library/nccl_constants.h"
#include "models/library/nccl_tuning.h"

namespace twinlink::models {

struct NcclGraph {
  int channels = 0;
  double speed = 0;  // GB/s of one channel
};

const nccl::Generation& nccl_generation(const NcclQuestion& question);
NcclGraph nccl_ring_graph(const NcclQuestion& question);
NcclGraph nccl_nvls_graph(const NcclQuestion& question);
// Channels of the communicator.
int nccl_channels_max(const NcclQuestion& question);

NcclChoice nccl_layout(const NcclQuestion& question, const NcclEstimate& chosen);
NcclChoice nccl_layout_of_pairs(const NcclQuestion& question);

// Threads of a channel that move data, by what they do; groups of three warps and more that send
// spend one warp on flags (src/device/{all_reduce,reduce_scatter,all_gather,prims_simple}.h).
struct NvlsThreads {
  int copy_in = 0, in_switch = 0, copy_out = 0;
};
NvlsThreads nccl_nvls_threads(Operation operation, std::size_t ranks);

}  // namespace twinlink::models
