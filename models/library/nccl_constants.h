#pragma once
// The numbers behind NCCL's choices, one table per kind. All are NCCL's own planning constants, not
// measurements: NVIDIA/nccl v2.27.3-1 src/graph/{tuning,search,topo}, src/include/{comm,device,
// collectives}.h, src/enqueue.cc, src/transport/nvls.cc; v2.28.3-1 where named. Rates in GB/s,
// times in us.
#include <array>
#include <span>

#include "models/library/nccl_tuning.h"

namespace twinlink::models::nccl {

using PerProtocol = std::array<double, 3>;  // ll, ll128, simple

struct Latency {
  PerProtocol base, nvlink_hop, net_hop;
};
inline constexpr Latency kRing{{6.6, 14.0, 8.4}, {0.6, 1.9, 3.4}, {2.7, 4.0, 14.0}};
inline constexpr Latency kTree{{6.8, 14.0, 8.4}, {0.6, 1.25, 4.0}, {5.0, 8.5, 14.0}};
inline constexpr double kNvlsLatency = 25;

// What a domain count of 1, 2 or more does to a limit.
using PerDomains = std::array<double, 3>;

struct Generation {
  double nvlink_total;  // NVLink rate of one GPU as NCCL counts it: links x rate of a link
  std::span<const double> speeds_intra, speeds_inter;  // of one channel, tried from the first on
  bool duplicates_slow_channels;                       // also below 50 GB/s
  int channels_max;                                    // of a communicator
  int nvls_channels;
  double nvls_efficiency;  // 2.28
  PerDomains ll_max, ring_ll128_channel, tree_ll128_channel, tree_channel;
};

inline constexpr std::array kAmpereIntra{40.0, 30.0, 20.0, 18.0, 15.0, 12.0, 10.0,
                                         9.0,  7.0,  6.0,  5.0,  4.0,  3.0};
inline constexpr std::array kAmpereInter{48.0, 30.0, 28.0, 24.0, 20.0, 18.0, 15.0, 12.0,
                                         10.0, 9.0,  7.0,  6.0,  5.0,  4.0,  3.0};
inline constexpr std::array kHopperIntra{60.0, 50.0, 40.0, 30.0, 24.0, 20.0,
                                         15.0, 12.0, 11.0, 6.0,  3.0};
inline constexpr std::array kHopperInter{48.0, 45.0, 42.0, 40.0, 30.0, 24.0, 22.0,
                                         20.0, 17.5, 15.0, 12.0, 6.0,  3.0};
inline constexpr std::array kBlackwellIntra{90.0, 80.0, 70.0, 60.0, 50.0, 40.0,
                                            30.0, 24.0, 20.0, 19.0, 18.0};
inline constexpr std::array kBlackwellInter{47.9, 45.0, 42.0, 40.0, 30.0, 24.0, 22.0,
                                            20.0, 17.5, 15.0, 12.0, 6.0,  3.0};

inline constexpr Generation kAmpere{
    12 * 20.0,          kAmpereIntra,       kAmpereInter,      true, 32, 0, 0, {87.7, 22.5, 19.0},
    {20.0, 20.0, 20.0}, {20.0, 20.0, 20.0}, {24.0, 23.6, 17.8}};
inline constexpr Generation kHopper{18 * 20.6,
                                    kHopperIntra,
                                    kHopperInter,
                                    false,
                                    32,
                                    16,
                                    0.85,
                                    {141.0, 45.0, 35.0},
                                    {36.7, 36.7, 36.7},
                                    {36.7, 36.7, 29.0},
                                    {38.7, 41.4, 36.0}};
inline constexpr Generation kBlackwell{18 * 40.0,
                                       kBlackwellIntra,
                                       kBlackwellInter,
                                       false,
                                       32,
                                       24,
                                       0.74,
                                       {282.0, 90.0, 70.0},
                                       {73.4, 73.4, 73.4},
                                       {73.4, 73.4, 58.0},
                                       {77.4, 82.8, 72.0}};
// 2.28.3: at most 16 CTAs, and other limits of the tree.
inline constexpr Generation kBlackwell28{18 * 40.0,
                                         kBlackwellIntra,
                                         kBlackwellInter,
                                         false,
                                         16,
                                         16,
                                         0.74,
                                         {282.0, 90.0, 70.0},
                                         {73.4, 73.4, 73.4},
                                         {55.6, 31.67, 20.0},
                                         {70.0, 42.8, 24.0}};

inline constexpr double kRingLlShare = 0.5;
inline constexpr double kRingLl128Share = 0.92;
inline constexpr double kTreeShare = 0.92;
inline constexpr double kTreeLlShare = 1 / 3.8;
inline constexpr double kTreeLl128Share = 7.0 / 9.0;
inline constexpr double kTreeLl128ShareAcross = 120.0 / 128.0;
inline constexpr double kNvlsShare = 5.0 / 6.0;
inline constexpr double kRingPlateau = 1.4;  // latency of Simple rings across domains
inline constexpr double kNetOverhead = 1.0;  // us; x 3 for Simple

// Trees do not follow the model at middle sizes: factors on the rate by power of two from 64 B on.
inline constexpr std::array<std::array<double, 23>, 3> kTreeCorrection{{
    {1.0, 1.0, 1.0, 1.0, .9, .8, .7, .7,  .7,  .7,  .6, .5,
     .4,  .4,  .5,  .6,  .7, .8, .9, 1.0, 1.0, 1.0, 1.0},
    {1.0, 1.0, 1.0, 1.0, 1.0, .9, .8, .8, .8, .7,  .6, .6,
     .6,  .6,  .6,  .6,  .8,  .9, .9, .9, .9, 1.0, 1.0},
    {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9},
}};

inline constexpr std::array<int, 3> kThreads{512, 640, 512};
inline constexpr std::array<std::int64_t, 3> kThreadThreshold{8, 8, 64};  // LL rings: x ranks
inline constexpr int kMaxThreads = 640;
inline constexpr int kWarp = 32;

// Buffers of a connection have 8 slots. LL carries 4 of 8 bytes, LL128 120 of 128.
inline constexpr std::int64_t kSlots = 8;
inline constexpr std::int64_t kLlBuffer = std::int64_t{512} * 8 * 8 * 16;
inline constexpr std::int64_t kLl128Buffer = std::int64_t{120} * 640 * 8 * 8;
inline constexpr std::int64_t kSimpleBuffer = std::int64_t{4} << 20;
inline constexpr std::int64_t kChunkSlots = 4, kSliceSlots = 2;  // Simple rings but broadcast
inline constexpr std::int64_t kNvlsChunk = std::int64_t{128} << 10;
inline constexpr std::int64_t kPairChunk = std::int64_t{512} << 10;  // p2p over NVLink
inline constexpr std::int64_t kPairPart = kPairChunk / 8;            // of one channel, at least
inline constexpr std::int64_t kPairLlLimit = 16384;                  // bytes of one channel
inline constexpr int kNvlsHeadsMax = 32;
inline constexpr int kGraphChannelsMax = 16;

}  // namespace twinlink::models::nccl
