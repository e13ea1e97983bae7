#include "scenarios/workloads/serving_points.h"

#include <algorithm>
#include <cmath>

#include "models/workloads/decode.h"

namespace twinlink::scenarios {
namespace {

constexpr double kSaturated = 0.95;  // share of time or places from which a side is called full
constexpr double kAsGood = 0.99;     // of the best throughput per GPU
constexpr std::int64_t kWarmUp = 2, kMeasured = 4;  // rounds of all clients
constexpr std::int64_t kFewest = 128;               // requests measured

// About how long one request takes, to spread the first ones over: the sum of its steps, or as long
// as the context servers need for everybody's.
double cycle(const sim::ServingSetup& setup, double mean_input) {
  const double step = setup.context.step.seconds.back();
  const double rate = setup.context.servers * setup.context.ranks * setup.context.step.at.back() /
                      step / mean_input;
  const auto clients = static_cast<double>(setup.clients.concurrency);
  const double decode =
      setup.generation.step(std::min(clients, static_cast<double>(setup.generation.places)));
  return std::max(clients / rate, step + decode * static_cast<double>(setup.clients.output));
}

sim::ServingSetup setup_of(const ServingSettings& settings, StepTables& tables,
                           const Deployment& deployment, const ServingPoint& at) {
  const DwdpSettings& context = *settings.context;
  const DwdpPoint law = context.points().front();
  sim::ServingSetup setup;
  const auto shortest =
      static_cast<std::int64_t>(std::ceil(law.ratio * static_cast<double>(law.isl)));
  setup.clients.concurrency = at.concurrency;
  setup.clients.input_min = std::max<std::int64_t>(1, shortest);
  setup.clients.input_max = law.isl;
  setup.clients.output = settings.osl;
  setup.clients.warm_up = kWarmUp * at.concurrency;
  setup.clients.measured = std::max(kFewest, kMeasured * at.concurrency);
  setup.clients.seed = context.requests.seed;
  setup.context.ranks = at.variant == DwdpVariant::dep ? static_cast<int>(law.group) : 1;
  setup.context.servers = static_cast<int>(at.context_gpus) / setup.context.ranks;
  setup.context.max_tokens = law.mnt;
  setup.context.max_requests = context.requests.max_requests;
  setup.context.offered = context.requests.arrived;
  setup.context.step = tables.context(at.variant);
  setup.hand_off = {models::cached_bytes(context.shape), tables.link_rate()};
  setup.generation.servers = static_cast<int>(deployment.generation_servers);
  setup.generation.places = deployment.generation_batch * deployment.generation_gpus;
  setup.generation.step = tables.generation(deployment);
  setup.clients.ramp = cycle(setup, tables.mean_input());
  return setup;
}

bool keeps(const ServingPoint& point, const ServingTarget& target) {
  const bool ttft = !target.ttft_ms || point.figures.ttft.median * 1e3 <= *target.ttft_ms;
  return ttft && (!target.itl_ms || point.figures.itl.mean * 1e3 <= *target.itl_ms);
}

Capacity fewest(const std::vector<ServingPoint>& points, DwdpVariant variant,
                const ServingTarget& target) {
  Capacity best;
  for (const ServingPoint& point : points) {
    if (point.variant != variant || !keeps(point, target)) continue;
    const Capacity here{
        &point,
        static_cast<std::int64_t>(std::ceil(target.tokens_per_s / point.figures.throughput)),
        {}};
    if (best.point == nullptr || here.gpus() < best.gpus()) best = here;
  }
  return best;
}

}  // namespace

std::string ServingPoint::bound() const {
  if (figures.context_busy >= kSaturated) return "context servers";
  return figures.generation_use >= kSaturated ? "generation places" : "concurrency";
}

std::vector<ServingPoint> run_points(const ServingSettings& settings, StepTables& tables) {
  std::vector<ServingPoint> points;
  for (const DwdpVariant variant : settings.context->variants)
    for (const Deployment& deployment : settings.deployments)
      for (const std::int64_t gpus : deployment.context_gpus)
        for (const std::int64_t clients : deployment.concurrency) {
          ServingPoint point{variant,
                             gpus,
                             deployment.generation_gpus * deployment.generation_servers,
                             clients,
                             {}};
          point.figures = sim::serve(setup_of(settings, tables, deployment, point));
          points.push_back(point);
        }
  return points;
}

const ServingPoint* best_in(const std::vector<ServingPoint>& points, DwdpVariant variant,
                            const UserRange& range) {
  std::vector<const ServingPoint*> inside;
  double most = 0;
  for (const ServingPoint& point : points) {
    const double tps = point.figures.tps_user;
    if (point.variant != variant || tps < range.low || tps >= range.high) continue;
    inside.push_back(&point);
    most = std::max(most, point.tps_per_gpu());
  }
  std::erase_if(inside, [&](const ServingPoint* p) { return p->tps_per_gpu() < kAsGood * most; });
  const auto ttft = [](const ServingPoint* p) { return p->figures.ttft.median; };
  const auto found = std::ranges::min_element(inside, {}, ttft);
  return found == inside.end() ? nullptr : *found;
}

Capacity capacity(const std::vector<ServingPoint>& points, DwdpVariant variant,
                  const ServingTarget& target) {
  Capacity result = fewest(points, variant, target);
  const std::int64_t free = fewest(points, variant, {target.tokens_per_s, {}, {}}).gpus();
  const std::int64_t late =
      fewest(points, variant, {target.tokens_per_s, {}, target.itl_ms}).gpus();
  if (result.point == nullptr)
    result.bound = "no point keeps the limits";
  else if (result.gpus() == free)
    result.bound = result.point->bound();
  else
    result.bound = late < result.gpus() ? "ttft_ms" : "itl_ms";
  return result;
}

}  // namespace twinlink::scenarios
