#include "realgpu/work_buffers.h"

#include "realgpu/product_kernels.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kBytes = std::int64_t{256} << 20;

// Numbers of many bits, as bf16 (and ordinary ones as fp32): equal ones would cost less power.
void fill(const DeviceBuffer& buffer) {
  const DeviceScope scope(buffer.device());
  launch_weights(reinterpret_cast<std::uint16_t*>(buffer.data()), buffer.bytes() / 2, {}, nullptr);
  TL_CUDA(cudaDeviceSynchronize());
}

}  // namespace

WorkBuffers::WorkBuffers(const models::Plan& plan, const std::function<bool(int)>& here) {
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    if (plan.ops[i].kind != models::OpKind::compute) continue;
    const int device = plan.gpu_of(plan.rank_of(OpId{i}));
    if (on(device) != nullptr || (here && !here(device))) continue;
    buffers_.emplace_back(device, kBytes);
    fill(buffers_.back());
  }
}

const DeviceBuffer* WorkBuffers::on(int device) const {
  for (const DeviceBuffer& buffer : buffers_)
    if (buffer.device() == device) return &buffer;
  return nullptr;
}

}  // namespace twinlink::realgpu
