#pragma once
// Which algorithm and protocol NCCL chooses for a collective, and how it lays it out: a pure
// function, after the tuner of NCCL 2.27.3 and what 2.28.3 changed.
//
//   estimate   time = latency + bytes / algorithm bandwidth, the least over algorithm x protocol.
//              NCCL's estimate of itself: it is copied because it decides, also where it is wrong
//   bandwidth  ring bus rate R = channels of the graph x their speed; LL min(LL limit, R/2),
//              LL128 min(0.92 R, channels x limit), Simple R; times N / steps, steps = 2 (N-1) for
//              all_reduce, N-1 for reduce_scatter and all_gather, N for broadcast. Tree (all_reduce
//              only): min(0.92 R, channels x limit), LL / 3.8, LL128 x 7/9, halved, and corrected
//              by size. NVLS: heads x speed x 5/6 (2.28: x efficiency x 2 (heads-1)/heads x
//              N/steps)
//   latency    base + steps x hop; NVLS 25 us
//   channels   all of the communicator's, fewer while bytes < channels x threads x threshold
//   chunk      what one step of one channel moves at most: buffer / 8 slots x slots per step
//   p2p        all_to_all and sendrecv have no choice of algorithm: pairs of sends and receives,
//              each over a few channels of at least 64 KiB, LL up to 16 KiB a channel
//              (src/enqueue.cc); the time is then 0 (NCCL does not estimate it)
// Rates in GB/s, times in us. `bytes` is NCCL's and nccl-tests' size: the larger side of a rank.
// Left out: CollNet, PAT, NVLS-tree, PCIe-only machines, tuner plugins, user-registered buffers.
// Across domains (nodes): one NIC per GPU; of the tree only its latency and rate.
#include <string_view>
#include <vector>

#include "models/plan/vocabulary.h"
#include "topology/units.h"

namespace twinlink::models {

enum class NcclAlgorithm : std::uint8_t { ring, tree, nvls, p2p };
enum class NcclProtocol : std::uint8_t { ll, ll128, simple };
enum class NcclVersion : std::uint8_t { v2_27, v2_28 };
enum class GpuGeneration : std::uint8_t { ampere, hopper, blackwell };

std::string_view name_of(NcclAlgorithm algorithm);
std::string_view name_of(NcclProtocol protocol);

struct NcclQuestion {
  Operation operation = Operation::all_reduce;
  Bytes bytes;
  int ranks_per_domain = 2;  // ranks in one NVLink domain
  int domains = 1;
  GpuGeneration generation = GpuGeneration::hopper;
  bool multicast = true;  // the switches can reduce and multicast (NVLS)
  NcclVersion version = NcclVersion::v2_27;
  double nic_rate = 50;  // GB/s of one GPU's NIC; used across domains only
  [[nodiscard]] int ranks() const { return ranks_per_domain * domains; }
};

struct NcclChoice {
  NcclAlgorithm algorithm = NcclAlgorithm::ring;
  NcclProtocol protocol = NcclProtocol::simple;
  int channels = 1;  // CTAs
  int threads = 0;   // per channel, with the warps that only synchronise
  Bytes chunk;       // of one step of one channel
  Bytes slice;       // what is announced to the next rank at once
  double time_us = 0;
};

struct NcclEstimate {
  NcclAlgorithm algorithm;
  NcclProtocol protocol;
  double latency_us, rate;  // rate in GB/s, without the tree's correction by size
  double time_us;
};

// Every candidate, in NCCL's order (of equals the first is chosen). Empty for p2p operations.
std::vector<NcclEstimate> nccl_estimates(const NcclQuestion& question);
// Throws UsageError for scans and for less than one rank.
NcclChoice choose_nccl(const NcclQuestion& question);

// NVLS heads: ranks whose share each multicasts; 0 where NVLS is not used.
int nccl_nvls_heads(const NcclQuestion& question);

}  // namespace twinlink::models
