#include "models/workloads/dwdp_roofline.h"

#include <algorithm>

namespace twinlink::models {
namespace {

double peak_of(const RooflineRates& rates, Precision precision) {
  switch (precision) {
    case Precision::bf16:
    case Precision::fp32: return rates.bf16;
    case Precision::fp8: return rates.fp8;
    case Precision::fp4: return rates.fp4;
  }
  return rates.bf16;
}

double seconds(const std::vector<Compute>& stages, const RooflineRates& rates) {
  double total = 0;
  for (const Compute& stage : stages) {
    if (stage.work == WorkKind::memory) continue;
    total += std::max(stage.flops / peak_of(rates, stage.precision),
                      static_cast<double>(stage.hbm_bytes.count) / rates.hbm);
  }
  return total;
}

double layer_seconds(const TransformerShape& shape, const Batch& batch, std::int64_t experts,
                     const RooflineRates& rates) {
  const auto pairs = static_cast<double>(batch.tokens() * shape.top_k);
  return seconds(attention_stages(shape, batch), rates) +
         seconds(expert_stages(shape, {pairs, experts}), rates) +
         seconds(finalise_stages(shape, batch), rates);
}

}  // namespace

DwdpRoofline dwdp_roofline(const DwdpRequest& request, const RooflineRates& rates) {
  const TransformerShape& shape = request.shape;
  const Batch& batch = request.forwards.front().front();
  DwdpRoofline result;
  result.compute_s = layer_seconds(shape, batch, shape.routed, rates);
  result.prefetch_s = static_cast<double>(pulled_per_layer(request).count) / rates.link;
  result.dwdp_s = std::max(result.compute_s, result.prefetch_s);
  const double all_to_all =
      static_cast<double>(batch.tokens() * shape.top_k * bf16_row(shape).count) / rates.link;
  result.dep_s = layer_seconds(shape, batch, shape.routed / request.ranks(), rates) + all_to_all;
  return result;
}

}  // namespace twinlink::models
