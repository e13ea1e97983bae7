#include "realgpu/measure/dwdp_cases.h"

#include "models/workloads/layer_stages.h"

namespace twinlink::realgpu {
namespace {

using models::DwdpRequest;
using models::PullOrder;

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kLayers = 4;

enum class Weights { split, merged, local };

std::string name_of(Weights weights) {
  switch (weights) {
    case Weights::split: return "split";
    case Weights::merged: return "merged";
    case Weights::local: return "local";
  }
  return {};
}

std::string name_of(PullOrder order) {
  switch (order) {
    case PullOrder::fixed: return "fixed";
    case PullOrder::rotated: return "rotated";
    case PullOrder::random: return "random";
  }
  return {};
}

struct Sizes {
  std::int64_t experts, tokens;
  std::int32_t ranks = 2;
  std::int64_t layers = kLayers;
};

// Neighbours share a GPU of two.
DwdpRequest request_of(const Sizes& sizes, Weights weights) {
  DwdpRequest request;
  request.shape = scaled_deepseek(sizes.experts, sizes.layers);
  for (std::int32_t rank = 0; rank < sizes.ranks; ++rank)
    request.gpu_of_rank.push_back(rank * 2 / sizes.ranks);
  request.placement = models::even_placement(sizes.experts, sizes.ranks);
  if (weights == Weights::local) request.placement = {sizes.experts, 0};
  request.merge = weights == Weights::merged;
  const models::Batch batch{{sizes.tokens}};
  request.forwards = {std::vector<models::Batch>(static_cast<std::size_t>(sizes.ranks), batch)};
  return request;
}

DwdpCase make_case(const std::string& measure, const Sizes& sizes, Weights weights,
                   DwdpRequest request) {
  const models::PullRules& pulls = request.pulls;
  DwdpCase one;
  one.what = {{"measure", measure},
              {"weights", name_of(weights)},
              {"ranks", static_cast<double>(sizes.ranks)},
              {"gpus", 2.0},
              {"experts", static_cast<double>(sizes.experts)},
              {"layers", static_cast<double>(sizes.layers)},
              {"tokens", static_cast<double>(sizes.tokens)},
              {"order", name_of(pulls.order)},
              {"slice", static_cast<double>(pulls.slice.count)},
              {"in_flight", static_cast<double>(pulls.in_flight)}};
  one.request = std::move(request);
  return one;
}

void add_tokens(std::vector<DwdpCase>& cases, bool quick) {
  for (const std::int64_t tokens : {1024, 2048, 4096, 8192})
    for (const Weights weights : {Weights::split, Weights::merged, Weights::local}) {
      if (quick && tokens != 1024) continue;
      const Sizes sizes{quick ? 16 : 32, tokens, 2, quick ? 3 : kLayers};
      cases.push_back(make_case("dwdp_tokens", sizes, weights, request_of(sizes, weights)));
      cases.back().kinds = true;
    }
}

void add_slices(std::vector<DwdpCase>& cases, bool quick) {
  for (const std::int64_t tokens : {256, 4096})
    for (const std::int64_t mib : {0, 1, 2, 4, 8, 16})
      for (const int in_flight : {1, 2}) {
        if (quick && (tokens != 256 || mib != 2 || in_flight != 1)) continue;
        const Sizes sizes{16, tokens};
        DwdpRequest request = request_of(sizes, Weights::split);
        request.pulls.slice = Bytes{mib * kMiB};
        request.pulls.in_flight = in_flight;
        cases.push_back(make_case("dwdp_slices", sizes, Weights::split, std::move(request)));
      }
}

void add_orders(std::vector<DwdpCase>& cases, bool quick) {
  for (const std::int64_t tokens : {256, 2048})
    for (const PullOrder order : {PullOrder::fixed, PullOrder::rotated, PullOrder::random})
      for (const std::int64_t mib : {0, 2}) {
        if (quick && (tokens != 256 || order != PullOrder::random || mib != 0)) continue;
        const Sizes sizes{16, tokens, 4};
        DwdpRequest request = request_of(sizes, Weights::split);
        request.pulls.order = order;
        request.pulls.slice = Bytes{mib * kMiB};
        cases.push_back(make_case("dwdp_order", sizes, Weights::split, std::move(request)));
      }
}

}  // namespace

models::TransformerShape scaled_deepseek(std::int64_t experts, std::int64_t layers) {
  models::TransformerShape shape;
  shape.name = "deepseek-r1-bf16-" + std::to_string(experts) + "e";
  shape.layers = layers;
  shape.hidden = 7168;
  shape.dense_inter = 18432;
  shape.expert_inter = 2048;
  shape.routed = experts;
  shape.shared = 1;
  shape.top_k = 8;
  shape.vocabulary = 129280;
  shape.attention = {models::AttentionKind::mla, 128, 0, 192, 128, 1536, 512, 64};
  return shape;
}

std::vector<DwdpCase> dwdp_cases(bool quick) {
  std::vector<DwdpCase> cases;
  add_tokens(cases, quick);
  add_slices(cases, quick);
  add_orders(cases, quick);
  return cases;
}

double forward_flops(const models::Plan& plan) {
  double flops = 0;
  for (const models::Compute& compute : plan.computes) flops += compute.flops;
  return flops / plan.ranks();
}

}  // namespace twinlink::realgpu
