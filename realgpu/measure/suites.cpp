#include <algorithm>
#include <array>

#include "realgpu/measure/measure.h"

namespace twinlink::realgpu {
namespace {

constexpr std::array kSuites{
    Suite{"links", "copies between two GPUs by engine, CTAs and size; flags, barriers, launches",
          2},
    Suite{"memory", "one GPU's own memory: copies, reads, writes and folds by CTAs and size", 1},
    Suite{"collectives", "every algorithm that runs on two GPUs, beside NCCL, all operations", 2},
    Suite{"scans", "scans of 2 to 16 ranks on the GPUs, beside an empty exchange", 1},
    Suite{"overlap", "bf16 GEMMs beside copies between GPUs and local copies", 2},
    Suite{"dwdp", "layers with weight prefetch, their kernels beside it; reduce-scatter", 2},
    Suite{"sharing", "two unequal consumers of one link, and of one GPU's memory", 2},
    Suite{"linear_attention", "a step of sequence-parallel linear attention and its parts", 1},
};

}  // namespace

std::span<const Suite> suites() { return kSuites; }

const Suite* find_suite(std::string_view name) {
  const auto found = std::ranges::find(kSuites, name, &Suite::name);
  return found == kSuites.end() ? nullptr : &*found;
}

}  // namespace twinlink::realgpu
