#include "realgpu/process_gpus.h"

#include <algorithm>
#include <array>
#include <string>

#include "realgpu/devices.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

int choose_device(const ProcessGroup& group) {
  std::string why;
  const int visible = device_count(&why);
  if (visible == 0)
    throw UnsupportedError("executor realgpu: no CUDA device" + (why.empty() ? "" : ": " + why));
  if (visible > group.rank()) return group.rank();
  if (visible == 1) return 0;
  throw UnsupportedError(std::to_string(group.size()) + " processes were started, and " +
                         std::to_string(visible) + " GPUs are visible: start one process per GPU");
}

using Identity = std::array<char, sizeof(cudaUUID_t)>;

void check_distinct(ProcessGroup& group, int device) {
  cudaDeviceProp properties{};
  group.together("devices", [&] { TL_CUDA(cudaGetDeviceProperties(&properties, device)); });
  Identity own{};
  std::copy_n(properties.uuid.bytes, own.size(), own.begin());
  const auto all = group.all_gather_values("names of devices", own);
  group.together("distinct devices", [&] {
    for (std::size_t p = 0; p < all.size(); ++p)
      for (std::size_t q = p + 1; q < all.size(); ++q)
        if (all[p] == all[q])
          throw UnsupportedError("processes " + std::to_string(p) + " and " + std::to_string(q) +
                                 " of " + std::to_string(all.size()) +
                                 " have the same GPU: start one process per GPU");
  });
}

// GPUs that are not visible here have to show when their memory is mapped.
void check_peers(const ProcessGroup& group, int device) {
  const int visible = device_count();
  for (int peer = 0; peer < group.size() && visible >= group.size(); ++peer) {
    if (peer == device) continue;
    int possible = 0;
    TL_CUDA(cudaDeviceCanAccessPeer(&possible, device, peer));
    if (possible == 0)
      throw UnsupportedError("GPU " + std::to_string(device) + " cannot access the memory of GPU " +
                             std::to_string(peer) + " (no NVLink or PCIe peer-to-peer path)");
  }
}

int own_device(ProcessGroup& group) {
  int device = 0;
  group.together("choice of a device", [&] {
    device = choose_device(group);
    TL_CUDA(cudaSetDevice(device));
  });
  check_distinct(group, device);
  group.together("peer access", [&] { check_peers(group, device); });
  return device;
}

}  // namespace

ProcessGpus::ProcessGpus(std::shared_ptr<ProcessGroup> group)
    : group_(std::move(group)),
      device_(own_device(*group_)),
      buffers_(*group_, device_),
      boards_(*group_, device_),
      meeting_(*group_, device_) {}

int ProcessGpus::process_of(int gpu) const {
  if (gpu == device_) return group_->rank();
  return gpu == group_->rank() ? device_ : gpu;
}

models::Plan ProcessGpus::own_names(const models::Plan& plan) const {
  std::vector<int> gpus(plan.gpu_of_rank.begin(), plan.gpu_of_rank.end());
  std::ranges::sort(gpus);
  gpus.erase(std::unique(gpus.begin(), gpus.end()), gpus.end());
  if (gpus.size() != static_cast<std::size_t>(group_->size()))
    throw UnsupportedError("the plan runs on " + std::to_string(gpus.size()) + " GPUs, and " +
                           std::to_string(group_->size()) +
                           " processes were started: start one process per GPU");
  models::Plan renamed = plan;
  for (auto& gpu : renamed.gpu_of_rank) {
    const auto process = static_cast<int>(std::ranges::find(gpus, gpu) - gpus.begin());
    gpu = gpu_of(process);
  }
  return renamed;
}

}  // namespace twinlink::realgpu
