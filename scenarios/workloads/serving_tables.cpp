#include "scenarios/workloads/serving_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/cost/compute_cost.h"
#include "models/workloads/breakdown.h"
#include "models/workloads/decode.h"
#include "scenarios/workloads/dwdp_plans.h"
#include "scenarios/workloads/simulated.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

// 1, 2, 4, ... and the last.
std::vector<std::int64_t> doubling(std::int64_t last) {
  std::vector<std::int64_t> result;
  for (std::int64_t n = 1; n < last; n *= 2) result.push_back(n);
  result.push_back(last);
  return result;
}

std::int64_t most_requests(const DwdpSettings& settings, const DwdpPoint& point) {
  return std::max<std::int64_t>(1, std::min(settings.requests.max_requests,
                                            point.mnt / std::max<std::int64_t>(1, point.isl)));
}

// Mean over forwards of what decides a step: the fullest rank's tokens, or a rank's own.
double tokens_of(const std::vector<std::vector<models::Batch>>& forwards, bool fullest) {
  double total = 0;
  for (const auto& ranks : forwards) {
    double most = 0, sum = 0;
    for (const models::Batch& batch : ranks) {
      const auto tokens = static_cast<double>(batch.tokens());
      most = std::max(most, tokens);
      sum += tokens;
    }
    total += fullest ? most : sum / static_cast<double>(ranks.size());
  }
  return total / static_cast<double>(forwards.size());
}

using Breakdowns = std::vector<models::RankBreakdown>;

Breakdowns breakdown_of(const models::Plan& plan, const WorkloadContext& context) {
  return models::break_down(plan, simulate(plan, context).run.timeline);
}

Breakdowns dwdp_breakdown(const DwdpSettings& settings, const models::DwdpRequest& request,
                          const WorkloadContext& context) {
  Breakdowns plain = breakdown_of(models::build_dwdp(request), context);
  if (!settings.slows_beside_pulls()) return plain;
  models::DwdpRequest slowed = request;
  slowed.slower = slower_beside_pulls(settings, plain, true);
  return breakdown_of(models::build_dwdp(slowed), context);
}

double mean_seconds(const Breakdowns& ranks) {
  double total = 0;
  for (const models::RankBreakdown& rank : ranks) total += static_cast<double>(rank.total.ps);
  return total * 1e-12 / static_cast<double>(ranks.size());
}

}  // namespace

StepTables::StepTables(const ServingSettings& settings, const WorkloadContext& context)
    : settings_(settings),
      machine_{context.machine.topology, tuned(context.machine.profile, *settings.context)},
      // Nothing is proved again: the workload "dwdp" proves the same plans.
      context_{machine_, context.executor, context.seed, false, {}},
      link_rate_(bytes_per_s_out(machine_.topology)) {}

double StepTables::mean_input() const {
  const DwdpPoint point = settings_.context->points().front();
  return static_cast<double>(point.isl) * (1 + point.ratio) / 2;
}

const sim::StepTable& StepTables::context(DwdpVariant variant) {
  const auto found = contexts_.find(variant);
  if (found != contexts_.end()) return found->second;
  return contexts_.emplace(variant, simulate_context(variant)).first->second;
}

sim::StepTable StepTables::simulate_context(DwdpVariant variant) const {
  DwdpSettings settings = *settings_.context;
  const DwdpPoint point = settings.points().front();
  const bool dep = variant == DwdpVariant::dep;
  sim::StepTable table;
  settings.requests.arrived = 1;
  for (const std::int64_t requests : doubling(most_requests(settings, point))) {
    settings.requests.max_requests = requests;
    const Breakdowns ranks =
        dep ? breakdown_of(models::build_dep(dep_request(settings, point)), context_)
            : dwdp_breakdown(settings, dwdp_request(settings, point, variant), context_);
    const double tokens = tokens_of(batches_of(settings, point), dep);
    const double host = dep ? 0 : static_cast<double>(settings.host.ps) * 1e-12 * tokens / 1000;
    table.at.push_back(tokens);
    table.seconds.push_back(mean_seconds(ranks) / static_cast<double>(settings.forwards) + host);
  }
  return table;
}

void StepTables::ensure_fits(const Deployment& deployment) const {
  const models::TransformerShape& shape = settings_.context->shape;
  const std::int64_t experts =
      (shape.routed + deployment.generation_gpus - 1) / deployment.generation_gpus;
  const double weights =
      static_cast<double>(models::replicated_bytes(shape).count) +
      static_cast<double>(experts * shape.moe_layers() * models::expert_bytes(shape).count);
  const double tokens = mean_input() + static_cast<double>(settings_.osl);
  const double caches =
      tokens * static_cast<double>(deployment.generation_batch) * models::cached_bytes(shape);
  const auto capacity = static_cast<double>(settings_.context->hbm_capacity.count);
  if (capacity == 0 || weights + caches <= capacity) return;
  throw InputError(
      fmt::format("a generation GPU needs {:.1f} GB of weights and {:.1f} GB of caches "
                  "({} requests of {:.0f} tokens); it has {:.1f} GB",
                  weights / 1e9, caches / 1e9, deployment.generation_batch, tokens, capacity / 1e9),
      "/workload/deployments");
}

double StepTables::decode_seconds(const Deployment& deployment, std::int64_t requests) const {
  const double context = mean_input() + static_cast<double>(settings_.osl) / 2;
  const models::DecodeWork work = models::decode_work(
      settings_.context->shape, {requests, static_cast<std::int64_t>(context), deployment.drafts,
                                 static_cast<std::int32_t>(deployment.generation_gpus)});
  const double least = static_cast<double>(settings_.decode_kernel.ps) * 1e-12;
  double total = 0;
  for (const models::Compute& op : work.ops)
    total += std::max(least, models::compute_need(machine_.profile, op).seconds());
  const double flag = machine_.profile.flag.value * 1e-6;
  const double wire = link_rate_ > 0 ? work.bytes_out / link_rate_ : 0;
  const double host = static_cast<double>(settings_.decode_host.ps) * 1e-12;
  return total + wire + flag * static_cast<double>(work.transfers) + host;
}

const sim::StepTable& StepTables::generation(const Deployment& deployment) {
  const std::vector<double> key{static_cast<double>(deployment.generation_gpus),
                                static_cast<double>(deployment.generation_batch),
                                static_cast<double>(deployment.drafts), deployment.tokens_per_step};
  const auto found = generations_.find(key);
  if (found != generations_.end()) return found->second;
  ensure_fits(deployment);
  sim::StepTable table;
  for (const std::int64_t requests : doubling(deployment.generation_batch)) {
    table.at.push_back(static_cast<double>(requests * deployment.generation_gpus));
    table.seconds.push_back(decode_seconds(deployment, requests) / deployment.tokens_per_step);
  }
  return generations_.emplace(key, std::move(table)).first->second;
}

}  // namespace twinlink::scenarios
