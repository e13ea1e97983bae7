#include "realgpu/peer_access.h"

#include <cstdlib>
#include <string>

#include "realgpu/cuda_check.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr const char* kDisable = "TWINLINK_P2P_DISABLE";

bool is_disabled() {
  const char* text = std::getenv(kDisable);
  return text != nullptr && std::string(text) != "0";
}

// Empty: `device` can reach `peer`.
std::string why_not(int device, int peer) {
  if (is_disabled()) return std::string(kDisable) + " is set";
  int possible = 0;
  TL_CUDA(cudaDeviceCanAccessPeer(&possible, device, peer));
  return possible == 0 ? "no NVLink or PCIe peer-to-peer path" : "";
}

void enable_pair(int device, int peer) {
  if (const std::string why = why_not(device, peer); !why.empty())
    throw UnsupportedError("GPU " + std::to_string(device) + " cannot access the memory of GPU " +
                           std::to_string(peer) + " (" + why + ")");
  const DeviceScope scope(device);
  const cudaError_t status = cudaDeviceEnablePeerAccess(peer, 0);
  if (status == cudaErrorPeerAccessAlreadyEnabled) {
    static_cast<void>(cudaGetLastError());  // else the next launch check would report it
    return;
  }
  TL_CUDA(status);
}

}  // namespace

void enable_peer_access(const std::vector<int>& devices) {
  for (const int device : devices)
    for (const int peer : devices)
      if (device != peer) enable_pair(device, peer);
}

}  // namespace twinlink::realgpu
