#include "realgpu/peer_access.h"

#include <string>

#include "realgpu/cuda_check.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

void enable_pair(int device, int peer) {
  int possible = 0;
  TL_CUDA(cudaDeviceCanAccessPeer(&possible, device, peer));
  if (possible == 0)
    throw UnsupportedError("GPU " + std::to_string(device) + " cannot access the memory of GPU " +
                           std::to_string(peer) + " (no NVLink or PCIe peer-to-peer path)");
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
