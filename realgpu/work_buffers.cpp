#include "realgpu/work_buffers.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kBytes = std::int64_t{256} << 20;

}  // namespace

WorkBuffers::WorkBuffers(const models::Plan& plan, const std::function<bool(int)>& here) {
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    if (plan.ops[i].kind != models::OpKind::compute) continue;
    const int device = plan.gpu_of(plan.rank_of(OpId{i}));
    if (on(device) != nullptr || (here && !here(device))) continue;
    buffers_.emplace_back(device, kBytes);
    buffers_.back().fill(0x3F);  // fp32 0.747: ordinary numbers
  }
}

const DeviceBuffer* WorkBuffers::on(int device) const {
  for (const DeviceBuffer& buffer : buffers_)
    if (buffer.device() == device) return &buffer;
  return nullptr;
}

}  // namespace twinlink::realgpu
